// The part of a page that survives a reload in this browser: drafts, and all that the server has not
// confirmed.
//
// Every page (tab) keeps what it has not saved under a name of its own: pages do not write over
// each other's. What a page that is gone has left, the next one takes over (openPages.ts). The targets of
// copies are of one conversation: in another one, what was left replaces nothing.

import { newId } from "../base/ids";
import { ownProperty } from "../base/records";
import { type Cause, detachedTarget, type UnsavedCopy } from "../program/model";
import { isSource } from "../program/source";
import type { Answer, Say } from "../protocol/frames";

/** The storage of one page; its fields are the stored ones. */
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

/** The name of the draft of an answer to the prediction of this number. Nor is a step called so. */
export function answerDraft(prediction: number): string {
  return `${ANSWER_DRAFT}${prediction}`;
}

// As frames may say it, with a number behind it.
const PAGE_NAME = /^[A-Za-z0-9_-]{1,56}$/;
const CAUSES: ReadonlySet<unknown> = new Set(["reset", "restored", "merged"] satisfies Cause[]);
const NOTHING: StoredPage = { copies: {}, unsent: [], answers: [], drafts: {} };
// Before pages had names, one key per step held a program, and one held what was said.
const LEGACY_KEY = /^(unsent|draft|program\..*|prediction\..*)$/s;
export const LEGACY_PAGE = "earlier";

/** The browser's memory for one lesson of one student. Never throws: it may be full or forbidden. */
export class LocalStore {
  /** False: this browser does not keep what this page has not saved. */
  isPersistent = true;
  private stored = NOTHING;
  private isClosed = false;

  /** `page` is the name of this page, `predecessor` that of the one in whose place it is loaded. */
  constructor(
    private readonly key: string,
    private readonly page: string,
    private readonly conversation: number,
    predecessor: string | null = null,
  ) {
    if (predecessor !== null && this.save(this.storedBy(predecessor))) {
      this.forget(predecessor);
    }
  }

  // Of this page

  /** The copies of a step that the server does not have. */
  copies(step: string): readonly UnsavedCopy[] {
    return ownProperty(this.stored.copies, step) ?? [];
  }

  /** False: this browser does not keep them. */
  saveCopies(step: string, copies: readonly UnsavedCopy[]): boolean {
    if (copies.length === 0 && this.copies(step).length === 0) {
      return true;
    }
    const others = Object.entries(this.stored.copies).filter(([id]) => id !== step);
    const pairs = copies.length > 0 ? [...others, [step, copies] as const] : others;
    return this.save({ ...this.stored, copies: Object.fromEntries(pairs) });
  }

  /** The steps with something that the server does not have. */
  get stepsWithCopies(): string[] {
    return Object.keys(this.stored.copies);
  }

  get hasDrafts(): boolean {
    return Object.keys(this.stored.drafts).length > 0;
  }

  get unsent(): readonly Say[] {
    return this.stored.unsent;
  }

  saveUnsent(unsent: readonly Say[]): boolean {
    return this.save({ ...this.stored, unsent });
  }

  get answers(): readonly Answer[] {
    return this.stored.answers;
  }

  saveAnswers(answers: readonly Answer[]): boolean {
    return this.save({ ...this.stored, answers });
  }

  draft(step: string): string {
    return ownProperty(this.stored.drafts, step) ?? "";
  }

  saveDraft(step: string, text: string): boolean {
    if (text === this.draft(step)) {
      return this.isPersistent;
    }
    const others = Object.entries(this.stored.drafts).filter(([id]) => id !== step);
    const pairs = text ? [...others, [step, text] as const] : others;
    return this.save({ ...this.stored, drafts: Object.fromEntries(pairs) });
  }

  /** Keeps all of it again: another page may have taken it over. */
  saveAgain(): void {
    this.save(this.stored);
  }

  /** Forgets all of this page, and keeps nothing from now on. */
  close(): void {
    this.save(NOTHING);
    this.isClosed = true;
  }

  // Of other pages

  /** The names of other pages that have left something. */
  get otherPages(): string[] {
    const prefix = `${this.key}.page.`;
    const names = this.keys().flatMap((key) =>
      key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
    );
    const unnamed = this.legacyKeys().length > 0 ? [LEGACY_PAGE] : [];
    return [...names.filter((name) => name !== this.page && PAGE_NAME.test(name)), ...unnamed];
  }

  /** The storage of another page; empty where it cannot be read. */
  storedBy(page: string): StoredPage {
    return page === LEGACY_PAGE ? this.legacyPage() : this.readPage(this.parsed(`page.${page}`));
  }

  /** The drafts of a page that is gone, where this one has none; those that it cannot take. */
  adoptDrafts(drafts: Drafts): Drafts {
    const all = Object.entries(drafts);
    const free = all.filter(([step]) => this.draft(step) === "");
    for (const [step, text] of free) {
      this.saveDraft(step, text);
    }
    return Object.fromEntries(all.filter(([step, text]) => this.draft(step) !== text));
  }

  /** Keeps nothing of a page that is gone, but for these drafts. */
  forget(page: string, drafts: Drafts = {}): void {
    const isNew = page === LEGACY_PAGE;
    if (Object.keys(drafts).length > 0) {
      this.put(isNew ? newId() : page, { ...NOTHING, drafts });
      if (!isNew) {
        return;
      }
    }
    const names = page === LEGACY_PAGE ? this.legacyKeys() : [`page.${page}`];
    for (const name of names) {
      this.write(name, null);
    }
  }

  private legacyPage(): StoredPage {
    const named = (prefix: string) =>
      this.legacyKeys().flatMap((name) =>
        name.startsWith(prefix) ? [[name, name.slice(prefix.length)] as const] : [],
      );
    const copies = named("program.").map(([name, step]) => [step, [this.parsed(name)]]);
    const drafts = [...named("prediction."), ["draft", MESSAGE_DRAFT] as const].flatMap(
      ([name, step]) => {
        const text = this.read(name);
        return text ? [[step, text]] : [];
      },
    );
    return this.readPage({
      copies: Object.fromEntries(copies),
      unsent: this.parsed("unsent"),
      drafts: Object.fromEntries(drafts),
    });
  }

  private legacyKeys(): string[] {
    const names = this.keys().map((key) => key.slice(this.key.length + 1));
    return names.filter((name) => LEGACY_KEY.test(name));
  }

  private save(left: StoredPage): boolean {
    this.stored = this.isClosed ? NOTHING : left;
    this.isPersistent = this.put(this.page, left);
    return this.isPersistent;
  }

  private put(page: string, left: StoredPage): boolean {
    const { copies, unsent, answers, drafts } = left;
    if ([copies, unsent, answers, drafts].every((all) => Object.keys(all).length === 0)) {
      this.write(`page.${page}`, null);
      return true;
    }
    const { conversation } = this;
    return this.write(`page.${page}`, JSON.stringify({ conversation, ...left }));
  }

  // It may be of an older page, of another conversation, or of somebody else.
  private readPage(value: unknown): StoredPage {
    const left = value as Partial<Record<keyof StoredPage | "conversation", unknown>> | null;
    if (typeof left !== "object" || left === null) {
      return NOTHING;
    }
    const pairs = Object.entries(left.copies ?? {}).map(([step, all]) => [
      step,
      parseList(all, parseCopy),
    ]);
    const drafts = Object.entries(left.drafts ?? {}).filter(([, text]) => typeof text === "string");
    const read: StoredPage = {
      copies: Object.fromEntries(pairs),
      unsent: parseList(left.unsent, parseSay),
      answers: parseList(left.answers, parseAnswer),
      drafts: Object.fromEntries(drafts),
    };
    return left.conversation === this.conversation ? read : detached(read);
  }

  private keys(): string[] {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(`${this.key}.`));
    } catch {
      return [];
    }
  }

  private parsed(name: string): unknown {
    try {
      return JSON.parse(this.read(name) ?? "null");
    } catch {
      return null;
    }
  }

  private read(name: string): string | null {
    try {
      return localStorage.getItem(`${this.key}.${name}`);
    } catch {
      return null;
    }
  }

  private write(name: string, value: string | null): boolean {
    if (this.isClosed) {
      return true;
    }
    try {
      if (value === null) {
        localStorage.removeItem(`${this.key}.${name}`);
      } else {
        localStorage.setItem(`${this.key}.${name}`, value);
      }
      return true;
    } catch {
      // The page works without; only a reload would lose what was not sent.
      return false;
    }
  }
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

function parseList<T>(value: unknown, one: (value: unknown) => T[]): T[] {
  return Array.isArray(value) ? value.flatMap(one) : [];
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
