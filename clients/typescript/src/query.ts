// Queries before they are asked (`dataClass.query()`, remote-datastore 4.1).

import type { Access } from "./access.js";
import type { EntityOf } from "./entity.js";
import type { Filter } from "./filter.js";
import { Kept, type Shape } from "./kept.js";
import { type Origin, prepare } from "./origin.js";
import { readPage } from "./row.js";
import { Selection, type SelectionOf } from "./selection.js";

/** @internal */
export interface Question {
  access: Access;
  /** Undefined: the whole dataclass. */
  base: Kept | undefined;
  /** Errors are told when the query is asked. */
  filter: () => Filter | undefined;
  order: string | undefined;
  shape: Shape;
}

/**
 * A query that becomes a selection when it is awaited; its first page is asked for then, and anew each time. `for await` goes through its entities.
 * What is added makes another query.
 */
export class Query<T = any> implements PromiseLike<SelectionOf<T>>, AsyncIterable<EntityOf<T>> {
  readonly #question: Question;

  /** @internal */
  constructor(question: Question) {
    this.#question = question;
  }

  /** The order: `"price desc, title"` (`orderBy()`). */
  orderBy(order: string): Query<T> {
    return new Query({ ...this.#question, order });
  }

  /** Only these attributes travel: `select("title", "author.fullName")` (remote-datastore 7). */
  select(...attributes: string[] | [string[]]): Query<T> {
    return this.#shaped({ select: attributes.flat().join(",") });
  }

  /** Entities of a page, instead of the connection's. */
  pageSize(entities: number): Query<T> {
    return this.#shaped({ pageSize: Math.max(1, Math.trunc(entities)) });
  }

  /** The selection will know how it was found (`queryPlan`, `queryPath`). */
  explained(): Query<T> {
    return this.#shaped({ isExplained: true });
  }

  #shaped(shape: Partial<Shape>): Query<T> {
    return new Query({ ...this.#question, shape: { ...this.#question.shape, ...shape } });
  }

  /** Only how many entities fit, without reading any. */
  async count(): Promise<number> {
    const { access, origin } = await this.#origin();
    const { ask, needs } = await prepare(origin, access, false);
    const page = readPage(await access.wire.json(ask.with("$top", "0")));
    needs?.release();
    return page.count;
  }

  async #origin(): Promise<{ access: Access; origin: Origin }> {
    const { base, order } = this.#question;
    const filter = this.#question.filter();
    const access = await this.#question.access.described();
    return { access, origin: base === undefined ? { of: "query", filter, order } : { of: "refined", base, filter, order } };
  }

  async #ask(): Promise<SelectionOf<T>> {
    const { access, origin } = await this.#origin();
    return Selection.asked<T>(new Kept(access, origin, this.#question.shape));
  }

  then<A = SelectionOf<T>, B = never>(done?: ((selection: SelectionOf<T>) => A | PromiseLike<A>) | null, failed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.#ask().then(done, failed);
  }

  catch<B>(failed: (error: unknown) => B | PromiseLike<B>): Promise<SelectionOf<T> | B> {
    return this.#ask().catch(failed);
  }

  finally(done: () => void): Promise<SelectionOf<T>> {
    return this.#ask().finally(done);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EntityOf<T>> {
    yield* await this.#ask();
  }
}
