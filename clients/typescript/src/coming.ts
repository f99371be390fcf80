/** Something that is asked for when it is awaited first, and then kept. */
export class Coming<T> implements PromiseLike<T> {
  readonly #ask: () => Promise<T>;
  #asked: Promise<T> | undefined;

  /** @internal */
  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  then<A = T, B = never>(done?: ((value: T) => A | PromiseLike<A>) | null, failed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    this.#asked ??= this.#ask();
    return this.#asked.then(done, failed);
  }

  catch<B>(failed: (error: unknown) => B | PromiseLike<B>): Promise<T | B> {
    return this.then(undefined, failed);
  }

  /** Goes through what comes, when it is a selection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T extends AsyncIterable<infer E> ? E : never> {
    yield* (await this) as AsyncIterable<never>;
  }
}
