// What a page has left in this browser, as it is stored and read again: the record of one page.

import { type Cause, detachedTarget, type UnsavedCopy } from "../program/model";
import { isSource } from "../program/source";
import type { Answer, Say } from "../protocol/frames";

/** The record of one page; its fields are the stored ones. */
export interface StoredPage {
  readonly copies: Readonly<Record<string, readonly UnsavedCopy[]>>;
  readonly unsent: readonly Say[];
  /** Answers to the tutor's predictions that the server has not confirmed. */
  readonly answers: readonly Answer[];
  /**
   * Predictions that have not been made yet, by step; under `MESSAGE_DRAFT` what is to be said, and under
   * `answerDraft` what is to be answered.
   */
  readonly drafts: Drafts;
}

export type Drafts = Readonly<Record<string, string>>;

/** No step is called so. */
export const MESSAGE_DRAFT = "";
const ANSWER_DRAFT = "answer ";

const CAUSES: ReadonlySet<unknown> = new Set(["reset", "restored", "merged"] satisfies Cause[]);

export const EMPTY_PAGE: StoredPage = { copies: {}, unsent: [], answers: [], drafts: {} };

/** The name of the draft of an answer to the prediction of this number. Nor is a step called so. */
export function answerDraft(prediction: number): string {
  return `${ANSWER_DRAFT}${prediction}`;
}

/** True if there is nothing in it that the server does not have. */
export function isEmptyPage({ copies, unsent, answers, drafts }: StoredPage): boolean {
  return [copies, unsent, answers, drafts].every((all) => Object.keys(all).length === 0);
}

/** What was stored, which may be of an older release, of another conversation, or anything else. */
export function parsePage(value: unknown, conversation: number): StoredPage {
  const left = value as Partial<Record<keyof StoredPage | "conversation", unknown>> | null;
  if (typeof left !== "object" || left === null) {
    return EMPTY_PAGE;
  }
  const copies = Object.entries(left.copies ?? {}).flatMap(([step, all]) => {
    const valid = parseList(all, parseCopy);
    return valid.length > 0 ? [[step, valid] as const] : [];
  });
  const drafts = Object.entries(left.drafts ?? {}).filter(([, text]) => typeof text === "string");
  const page: StoredPage = {
    copies: Object.fromEntries(copies),
    unsent: parseList(left.unsent, parseSay),
    answers: parseList(left.answers, parseAnswer),
    drafts: Object.fromEntries(drafts),
  };
  return left.conversation === conversation ? page : detached(page);
}

/** The same of a record as it is stored, whatever its conversation. */
export function isEmptyRecord(record: unknown): boolean {
  const { conversation } = (record ?? {}) as { conversation?: unknown };
  return isEmptyPage(parsePage(record, Number(conversation)));
}

/** What is left of it in another conversation, where nothing is replaced and nothing was asked. */
function detached({ copies, unsent, drafts }: StoredPage): StoredPage {
  const pairs = Object.entries(copies).map(([step, all]) => [
    step,
    all.map((copy) => {
      const { base, version } = detachedTarget(step);
      return { ...copy, base, version, main: false, shown: false, known: [] };
    }),
  ]);
  return {
    copies: Object.fromEntries(pairs),
    unsent: unsent.map((say) => ({ ...say, ...detachedTarget(say.id) })),
    answers: [],
    drafts: Object.fromEntries(
      Object.entries(drafts).filter(([name]) => !name.startsWith(ANSWER_DRAFT)),
    ),
  };
}

function parseList<T>(value: unknown, parse: (one: unknown) => T[]): T[] {
  return Array.isArray(value) ? value.flatMap(parse) : [];
}

/** A copy that names no base replaces nothing where the server has anything. */
function parseCopy(value: unknown): UnsavedCopy[] {
  if (!isSource(value)) {
    return [];
  }
  const { base, version, main, shown, known, cause, unstored } = value as Partial<UnsavedCopy>;
  const { code, files } = value;
  const sources = (all: unknown) => parseList(all, (one) => (isSource(one) ? [one] : []));
  const name = { base: parseCount(base), version: parseCount(version) };
  const made = {
    ...(CAUSES.has(cause) && cause ? { cause } : {}),
    ...(unstored ? { unstored: sources(unstored) } : {}),
  };
  const place = { main: main !== false, shown: shown === true };
  return [{ code, files, ...name, ...place, known: sources(known), ...made }];
}

function parseSay(value: unknown): Say[] {
  const say = value as Partial<Say> | null;
  const isSay =
    say?.type === "say" &&
    typeof say.id === "string" &&
    typeof say.text === "string" &&
    typeof say.code === "string";
  return isSay
    ? [{ ...(say as Say), base: parseCount(say.base), version: parseCount(say.version) }]
    : [];
}

function parseAnswer(value: unknown): Answer[] {
  const answer = value as Partial<Answer> | null;
  const isAnswer =
    answer?.type === "answer" &&
    typeof answer.id === "string" &&
    parseCount(answer.prediction) > 0 &&
    (answer.text === null || typeof answer.text === "string");
  return isAnswer ? [answer as Answer] : [];
}

function parseCount(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}
