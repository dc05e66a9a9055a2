// The history of a step's program, fetched from the server when somebody looks at it.

import type { Origin } from "../program/model";
import { isSource, type Source } from "../program/source";

/** An entry of the history; the texts are had one by one. Times are ISO 8601. */
export interface Revision extends Origin {
  /** 0 is the lesson's own text. */
  readonly number: number;
  readonly begun_at: string;
  readonly written_at: string;
  readonly cause: string;
  /** The number of a kept version; 0 for the program. */
  readonly version: number;
  readonly chars: number;
  readonly lines: number;
}

/** Its message is a sentence for the student. */
export class HistoryError extends Error {}

const ANSWER_WITHIN_MS = 10_000;
const OFFLINE = "The earlier versions could not be loaded: there is no connection.";
const TOO_SLOW = "The server takes too long to answer.";
const LOGGED_OUT = "You are logged out. Log in again in another tab, then try again.";
const FAILED = "The server could not answer. What you wrote is not touched.";

/** The history of a step below `url`, newest first. Rejects with a HistoryError, and does not wait for ever. */
export async function fetchRevisions(url: string, step: string): Promise<Revision[]> {
  const { revisions } = (await fetchJson(`${url}${encodeURIComponent(step)}`)) as {
    revisions?: unknown;
  };
  if (!Array.isArray(revisions)) {
    throw new HistoryError(FAILED);
  }
  return revisions.filter(isRevision);
}

/** The text of one entry. Rejects as above. */
export async function fetchSource(url: string, step: string, number: number): Promise<Source> {
  const found = await fetchJson(`${url}${encodeURIComponent(step)}/${number}`);
  if (!isSource(found)) {
    throw new HistoryError(FAILED);
  }
  return { code: found.code, files: found.files };
}

async function fetchJson(url: string): Promise<unknown> {
  try {
    // A log-in page is no answer.
    const answer = await fetch(url, {
      headers: { Accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!answer.ok) {
      throw new HistoryError(await refusal(answer));
    }
    return (await answer.json()) ?? {};
  } catch (error) {
    throw error instanceof HistoryError ? error : new HistoryError(whyFailed(error));
  }
}

/** What the server says of it, where it says something. */
async function refusal(answer: Response): Promise<string> {
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    return LOGGED_OUT;
  }
  const told = (await answer.json().catch(() => null)) as { error?: unknown } | null;
  return typeof told?.error === "string" ? told.error : FAILED;
}

function whyFailed(error: unknown): string {
  const { name } = error as { name?: string };
  if (name === "TimeoutError") {
    return TOO_SLOW;
  }
  return name === "SyntaxError" ? FAILED : OFFLINE;
}

function isRevision(value: unknown): value is Revision {
  const one = value as Partial<Revision> | null;
  const numbers = [one?.number, one?.version, one?.chars, one?.lines];
  const texts = [one?.begun_at, one?.written_at, one?.cause, one?.page, one?.device];
  return (
    numbers.every((number) => Number.isSafeInteger(number)) &&
    texts.every((text) => typeof text === "string")
  );
}
