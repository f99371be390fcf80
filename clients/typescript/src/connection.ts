// What all objects of a datastore share: the wire, the catalog, the warnings.

import { Access } from "./access.js";
import { Ask } from "./ask.js";
import { type Catalog, readCatalog } from "./catalog.js";
import type { Connect, OpenOptions } from "./connect.js";
import type { DataStore } from "./datastore.js";
import { afterwards, missing, Protocol } from "./errors.js";
import { isObject } from "./json.js";
import { imageType, Upload } from "./media.js";
import { Mutex } from "./mutex.js";
import { Wire } from "./wire.js";

// Ends the session of a datastore that nobody uses any more.
const abandoned = new FinalizationRegistry<Wire>((wire) => void wire.logOut().catch(() => undefined));

/** @internal */
export class Connection {
  readonly wire: Wire;
  readonly warnings: string[] = [];
  readonly idleMinutes: number;
  /** The datastore object that users see. */
  store!: DataStore;
  /** With the session that it was read in: a new session shows a changed model (RD-5). */
  #catalog: { generation: number; catalog: Catalog } | undefined;
  readonly #loading = new Mutex();
  readonly #warn: (text: string) => void;

  constructor(connect: Connect, readonly localID: string | undefined, options: OpenOptions) {
    this.wire = new Wire(connect, options);
    this.idleMinutes = connect.idleMinutes;
    this.#warn = options.warn ?? ((text) => console.warn(`claviger-client: ${text}`));
    for (const text of connect.warnings) this.warn(text);
    abandoned.register(this, this.wire, this);
  }

  warn(text: string): void {
    this.warnings.push(text);
    this.#warn(text);
  }

  async catalog(): Promise<Catalog> {
    return this.#known() ?? this.#loading.run(async () => this.#known() ?? this.refreshCatalog());
  }

  async refreshCatalog(): Promise<Catalog> {
    const catalog = readCatalog(await this.wire.json(Ask.get("$catalog/$all")));
    this.#catalog = { generation: this.wire.session.generation, catalog };
    return catalog;
  }

  #known(): Catalog | undefined {
    return this.#catalog?.generation === this.wire.session.generation ? this.#catalog.catalog : undefined;
  }

  /** The catalog that was read last, of whatever session. */
  lastCatalog(): Catalog | undefined {
    return this.#catalog?.catalog;
  }

  /** A dataclass; before the catalog is known, it is looked for when it is used. */
  access(name: string): Access {
    const catalog = this.lastCatalog();
    const info = catalog?.dataClasses.find((dataclass) => dataclass.name === name);
    if (catalog !== undefined && info === undefined) throw absent(name);
    return new Access(this, name, info);
  }

  async uploadImage(bytes: Uint8Array | Blob, type?: string): Promise<Upload> {
    const raw = await bytesOf(bytes);
    return this.#upload("$rawPict", raw, type ?? (bytes instanceof Uint8Array || bytes.type === "" ? imageType(raw) : bytes.type));
  }

  async upload(bytes: Uint8Array | Blob): Promise<Upload> {
    return this.#upload("$binary", await bytesOf(bytes), "application/octet-stream");
  }

  async #upload(parameter: string, bytes: Uint8Array, type: string): Promise<Upload> {
    return afterwards(this.wire.json(Ask.post("$upload").with(parameter, "true").sending(bytes, type)), (body) => {
      if (!isObject(body) || typeof body["ID"] !== "string") throw new Protocol("The answer to an upload has no ID", "");
      return new Upload(body["ID"]);
    });
  }

  async close(): Promise<void> {
    abandoned.unregister(this);
    try {
      await this.wire.logOut();
    } finally {
      this.wire.isClosed = true;
    }
  }
}

/** @internal */
export function absent(dataclass: string): Error {
  return missing("dataclass", `The "${dataclass}" dataclass cannot be found`);
}

async function bytesOf(bytes: Uint8Array | Blob): Promise<Uint8Array> {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(await bytes.arrayBuffer());
}
