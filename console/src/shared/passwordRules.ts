/** What the server asks of a new password, told before it is sent. The server decides. */
export function passwordProblem(password: string): string | undefined {
  const length = Array.from(password).length;
  return length >= 8 && length <= 256 ? undefined : 'A password has 8 to 256 characters.';
}

/** The same of the e-mail address that people sign in with. */
export function emailProblem(email: string): string | undefined {
  return /^[^\s@/]+@[^\s@/]+$/.test(email.trim()) ? undefined : 'This must be an e-mail address.';
}
