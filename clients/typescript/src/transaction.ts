// Several entities saved together or not at all (remote-datastore 6).

import type { Entity } from "./entity.js";
import type { EntityState } from "./entity-state.js";
import { afterwards, Conflict, Misuse, Protocol } from "./errors.js";
import type { JsonObject } from "./json.js";
import { INNER } from "./members.js";
import { after, invalid } from "./saving.js";
import { isConflict, type Status } from "./status.js";

/** What is saved together. */
export class Transaction {
  /** @internal */
  readonly entities: EntityState[] = [];

  /** To be created or updated with what was assigned to it. */
  save(entity: Entity): void {
    this.entities.push(entity[INNER]);
  }
}

/** None of them is saved by itself meanwhile. @internal */
export function saveTogether(transaction: Transaction): Promise<Status[]> {
  const entities = [...new Set(transaction.entities)].sort((one, other) => one.number - other.number);
  const all = () => send(transaction.entities);
  return entities.reduceRight<() => Promise<Status[]>>((inner, entity) => () => entity.alone.run(inner), all)();
}

async function send(given: EntityState[]): Promise<Status[]> {
  const entities = [...new Set(given)].filter((entity) => entity.touched.size > 0 || entity.row.key === null);
  const [first] = entities;
  if (first === undefined) return [];
  const access = await first.access.described();
  const other = entities.find((entity) => entity.access.name !== access.name || entity.access.connection !== access.connection);
  if (other !== undefined) {
    const what = `A transaction over ${access.name} and ${other.access.name} is not possible`;
    throw new Misuse(`${what}: entities saved together must be of one dataclass. Let a function of the server do it.`);
  }
  const bodies: JsonObject[] = [];
  const taken = entities.map((entity) => new Map(entity.touched));
  for (const [at, entity] of entities.entries()) {
    const { key, stamp } = entity.row;
    if (key === "") throw new Misuse("An entity whose key is empty cannot be saved together with others.");
    bodies.push({ ...(key === null ? {} : { __KEY: key, __STAMP: stamp }), ...Object.fromEntries(await entity.uploaded(taken[at] ?? new Map())) });
  }
  return afterwards(access.writeMany(bodies, true), (saved) => {
    const failure = saved.find(({ status }) => !status.success);
    if (failure !== undefined) throw isConflict(failure.status) ? new Conflict(failure.status, failure.row) : invalid(failure.status);
    if (saved.length !== entities.length) throw new Protocol("The answer lists other entities than were sent", `${saved.length} of ${entities.length}`);
    return entities.map((entity, at) => after(entity, saved[at] ?? { status: { success: true }, row: undefined }, taken[at] ?? new Map(), false));
  });
}
