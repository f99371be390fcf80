/** A length of time, in whole milliseconds. `Number(duration)` and `JSON.stringify` give them, and comparisons compare them. */
export class Duration {
  constructor(readonly milliseconds: number) {
    if (!Number.isSafeInteger(milliseconds)) throw new RangeError("A duration is a whole number of milliseconds.");
  }

  /** Hours, minutes, seconds. */
  static of(hours: number, minutes = 0, seconds = 0): Duration {
    return new Duration(Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000));
  }

  valueOf(): number {
    return this.milliseconds;
  }

  toJSON(): number {
    return this.milliseconds;
  }

  /** `5400000 ms`. */
  toString(): string {
    return `${this.milliseconds} ms`;
  }
}
