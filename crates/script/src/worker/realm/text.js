// ---- TextEncoder, TextDecoder ----

const decode = (bytes, fatal) => {
  let characters = "";
  for (let at = 0; at < bytes.length; at += 8192) characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return native.decode(characters, fatal) ?? null;
};
define(globalThis, "TextEncoder", class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return new Uint8Array(native.encode(`${text}`.toWellFormed())); }
});
define(globalThis, "TextDecoder", class TextDecoder {
  #fatal;
  #ignoreBOM;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label)) throw new RangeError(`no such encoding: ${label}`);
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }
  get encoding() { return "utf-8"; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(bytes = new Uint8Array(0)) {
    const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
    const text = decode(view, this.#fatal);
    if (text === null) throw new TypeError("the bytes are no UTF-8");
    return !this.#ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
  }
});
