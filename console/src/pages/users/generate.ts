/** Letters and digits that are not mistaken for each other. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A password of four groups of five, 100 random bits. */
export function generatedPassword(): string {
  // 256 is a multiple of 32, so that no letter comes more often than another.
  const letters = Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => ALPHABET[byte % ALPHABET.length]);
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-');
}
