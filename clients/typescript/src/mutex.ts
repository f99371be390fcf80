/** Lets one in at a time, in the order of arrival. @internal */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** The same for each place by itself. @internal */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(place: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(place) ?? Promise.resolve()).then(work);
    const settled = done.catch(() => undefined).then(() => {
      if (this.#last.get(place) === settled) this.#last.delete(place);
    });
    this.#last.set(place, settled);
    return done;
  }
}
