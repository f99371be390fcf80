// What was asked and what came of it (startRequestLog, remote-datastore 3.2).

import { Misuse } from "./errors.js";

/** Where the log goes, and how much it keeps. */
export interface RequestLog {
  /** The newest so many are kept in memory; all of them when it is left out. */
  keep?: number;
  /** Instead of memory: a file that lines of JSON are appended to (not in browsers). */
  file?: string;
  /** Bodies of answers that are text are kept, too. */
  bodies?: boolean;
}

/** One request, as it was sent: a repeated one counts each time. */
export interface LoggedRequest {
  /** From 1, since the log was started. */
  sequenceNumber: number;
  /** `GET` or `POST`. */
  method: string;
  /** Whole. */
  url: string;
  /** ISO 8601, UTC. */
  startTime: string;
  /** ISO 8601, UTC. */
  endTime: string;
  /** Milliseconds. */
  duration: number;
  /** Length of its body. */
  requestBytes: number;
  /** What came back; null when nothing did. `body` only when the log keeps bodies; `***` for what is not text. */
  response: { status: number; bytes: number; body?: string } | null;
}

/** The log of one connection. @internal */
export class Logbook {
  #running: { kept: LoggedRequest[]; limit: number; append: ((line: string) => void) | undefined; bodies: boolean; last: number } | undefined;

  /** Begins anew; what was kept is forgotten. */
  async start(log: RequestLog): Promise<void> {
    const append = log.file === undefined ? undefined : await appender(log.file);
    this.#running = { kept: [], limit: log.keep ?? Infinity, append, bodies: log.bodies ?? false, last: 0 };
  }

  stop(): void {
    this.#running = undefined;
  }

  /** Newest first. */
  entries(): LoggedRequest[] {
    return structuredClone(this.#running?.kept ?? []).reverse();
  }

  /** Whether bodies are wanted; undefined when nothing is logged. */
  wants(): boolean | undefined {
    return this.#running?.bodies;
  }

  add(entry: Omit<LoggedRequest, "sequenceNumber">): void {
    const running = this.#running;
    if (running === undefined) return;
    running.last += 1;
    const numbered = { sequenceNumber: running.last, ...entry };
    if (running.append !== undefined) {
      running.append(`${JSON.stringify(numbered)}\n`);
      return;
    }
    running.kept.push(numbered);
    while (running.kept.length > running.limit) running.kept.shift();
  }
}

type Files = { appendFileSync(file: string, text: string): void };

async function appender(file: string): Promise<(line: string) => void> {
  // Not named where a bundler would look for it: browsers have no files.
  const name = "node:fs";
  let files: Files;
  try {
    files = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Files;
    files.appendFileSync(file, "");
  } catch (error) {
    throw new Misuse(`The request log cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return (line) => {
    try {
      files.appendFileSync(file, line);
    } catch {
      console.warn("The request log could not be written.");
    }
  };
}
