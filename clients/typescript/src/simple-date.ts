const SHOWN = Symbol.for("nodejs.util.inspect.custom");

/** A date without time of day, and without a time zone that could move it. */
export class SimpleDate {
  constructor(
    readonly year: number,
    /** From 1. */
    readonly month: number,
    /** From 1. */
    readonly day: number,
  ) {
    const isDay = [year, month, day].every(Number.isInteger) && year >= 0 && year <= 9999 && month >= 1 && month <= 12 && day >= 1;
    if (!isDay || day > daysIn(year, month)) throw new RangeError(`There is no day ${year}-${month}-${day}.`);
  }

  /** `1991-08-04`. */
  static from(text: string): SimpleDate {
    const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
    if (found === null) throw new RangeError("A date is written as 1991-08-04.");
    return new SimpleDate(Number(found[1]), Number(found[2]), Number(found[3]));
  }

  /** The day that a point in time has in UTC. */
  static ofUtc(at: Date): SimpleDate {
    return new SimpleDate(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate());
  }

  /** Less than 0 when it is earlier than the other: for `sort`. */
  compare(other: SimpleDate): number {
    return this.year - other.year || this.month - other.month || this.day - other.day;
  }

  /** `1991-08-04`. */
  toString(): string {
    return `${String(this.year).padStart(4, "0")}-${String(this.month).padStart(2, "0")}-${String(this.day).padStart(2, "0")}`;
  }

  toJSON(): string {
    return this.toString();
  }

  /** @internal */
  [SHOWN](): string {
    return `SimpleDate(${this.toString()})`;
  }
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
