// What is given back to the server when nobody needs it any more: entity sets and locks (remote-datastore 4.2, 5).

import type { Access } from "./access.js";
import type { Wire } from "./wire.js";

const sets = new FinalizationRegistry<{ wire: Wire; id: string }>(({ wire, id }) => wire.releaseLater(id));
const holds = new FinalizationRegistry<{ wire: Wire; place: Place; generation: number }>(({ wire, place, generation }) => {
  if (wire.session.letGo(place.dataclass, place.key, generation)) wire.unlockLater(place);
});

/** An entity, and where it is. @internal */
export interface Place {
  dataclass: string;
  key: string;
  address: string;
}

/** An entity set of the server. It is released when this object is collected, at the latest. @internal */
export class EntitySet {
  readonly #wire: Wire;
  /** The session that it was made in. */
  readonly generation: number;

  constructor(wire: Wire, readonly id: string) {
    this.#wire = wire;
    this.generation = wire.session.generation;
    sets.register(this, { wire, id }, this);
  }

  release(): void {
    if (sets.unregister(this)) this.#wire.releaseLater(this.id);
  }

  /** The server does not know it any more: there is nothing to release. */
  forget(): void {
    sets.unregister(this);
  }
}

/** An object's part in the lock of an entity. @internal */
export class Hold {
  readonly dataclass: string;
  readonly #wire: Wire;
  readonly #generation: number;

  /** The entity has just been locked. */
  constructor(access: Access, readonly key: string) {
    const { wire } = access;
    this.#wire = wire;
    this.dataclass = access.name;
    this.#generation = wire.session.generation;
    wire.session.hold(this.dataclass, key);
    holds.register(this, { wire, place: access.place(key), generation: this.#generation }, this);
  }

  /** It was not lost with its session. */
  get isCurrent(): boolean {
    return this.#generation === this.#wire.session.generation;
  }

  /** Ends it without telling the server; true when the server should be told. */
  end(): boolean {
    return holds.unregister(this) && this.#wire.session.letGo(this.dataclass, this.key, this.#generation);
  }
}
