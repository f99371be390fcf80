// Images and blobs: those that the server has, and those that wait for an attribute.

import type { Access } from "./access.js";
import { Misuse } from "./errors.js";

/** An image or blob that the server has. */
export class Media {
  readonly #access: Access;

  /** @internal */
  constructor(
    access: Access,
    /** Where it is. */
    readonly uri: string,
    readonly isImage: boolean,
  ) {
    this.#access = access;
  }

  /** Reads it. */
  bytes(): Promise<Uint8Array> {
    return this.#access.bytes(this.uri);
  }
}

/** Bytes that wait on the server for an attribute or a function. */
export class Upload {
  /** @internal */
  constructor(
    /** The server's name for it. */
    readonly id: string,
  ) {}
}

const SIGNATURES: [string, RegExp][] = [
  ["image/png", /^\x89PNG/],
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/gif", /^GIF8/],
  ["image/webp", /^RIFF....WEBP/s],
  ["image/svg+xml", /^\s*<(\?xml|svg)/],
];

/** What kind of image bytes are, by their beginning. @internal */
export function imageType(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  const found = SIGNATURES.find(([, signature]) => signature.test(start));
  if (found === undefined) throw new Misuse("The kind of the image cannot be seen from its bytes: name it with `uploadImage(bytes, type)`.");
  return found[0];
}
