// What survives a reload in this browser: drafts and what the server has not confirmed.
//
// Every page (tab) keeps what it has not saved under a name of its own: pages do not write over
// each other's. What a page that is gone has left, the next one takes over (tabs.ts). The names of
// texts are of one conversation: in another one, what was left replaces nothing.

import type { Say } from "./frames";
import { newId } from "./ids";
import { type Copy, nameless } from "./program";
import { own } from "./records";
import { isWork } from "./work";

/** What one page keeps. */
export interface Left {
  readonly copies: Readonly<Record<string, readonly Copy[]>>;
  readonly unsent: readonly Say[];
  /** Predictions that have not been made yet, by step, and under `MESSAGE` what is to be said. */
  readonly drafts: Drafts;
}

export type Drafts = Readonly<Record<string, string>>;

/** No step is called so. */
export const MESSAGE = "";

// As frames may say it, with a number behind it.
const NAME = /^[A-Za-z0-9_-]{1,56}$/;
const NOTHING: Left = { copies: {}, unsent: [], drafts: {} };
// Before pages had names, one key per step held a program, and one held what was said.
const OLD = /^(unsent|draft|program\..*|prediction\..*)$/s;
export const UNNAMED = "earlier";

/** The browser's memory for one lesson of one student. Never throws: it may be full or forbidden. */
export class Drawer {
  /** False: this browser does not keep what this page has not saved. */
  isKept = true;
  private left = NOTHING;

  /** `page` is the name of this page, `before` that of the one which it takes the place of. */
  constructor(
    private readonly key: string,
    private readonly page: string,
    private readonly conversation: number,
    before: string | null = null,
  ) {
    if (before !== null && this.keep(this.leftBy(before))) {
      this.forget(before);
    }
  }

  // What this page has not saved

  /** The texts of a step that the server does not have. */
  copies(step: string): readonly Copy[] {
    return own(this.left.copies, step) ?? [];
  }

  /** False: this browser does not keep them. */
  keepCopies(step: string, copies: readonly Copy[]): boolean {
    if (copies.length === 0 && this.copies(step).length === 0) {
      return true;
    }
    const others = Object.entries(this.left.copies).filter(([id]) => id !== step);
    const pairs = copies.length > 0 ? [...others, [step, copies] as const] : others;
    return this.keep({ ...this.left, copies: Object.fromEntries(pairs) });
  }

  get unsent(): readonly Say[] {
    return this.left.unsent;
  }

  keepUnsent(unsent: readonly Say[]): boolean {
    return this.keep({ ...this.left, unsent });
  }

  draft(step: string): string {
    return own(this.left.drafts, step) ?? "";
  }

  keepDraft(step: string, text: string): boolean {
    if (text === this.draft(step)) {
      return this.isKept;
    }
    const others = Object.entries(this.left.drafts).filter(([id]) => id !== step);
    const pairs = text ? [...others, [step, text] as const] : others;
    return this.keep({ ...this.left, drafts: Object.fromEntries(pairs) });
  }

  /** Keeps all of it again: another page may have taken it over. */
  keepAgain(): void {
    this.keep(this.left);
  }

  // What others have left

  /** The names of other pages that have left something. */
  get others(): string[] {
    const prefix = `${this.key}.page.`;
    const names = this.keys().flatMap((key) =>
      key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
    );
    const unnamed = this.oldKeys().length > 0 ? [UNNAMED] : [];
    return [...names.filter((name) => name !== this.page && NAME.test(name)), ...unnamed];
  }

  leftBy(page: string): Left {
    return page === UNNAMED ? this.leftUnnamed() : this.readLeft(this.parsed(`page.${page}`));
  }

  /** The drafts of a page that is gone, where this one has none; those that it cannot take. */
  takeDrafts(drafts: Drafts): Drafts {
    const all = Object.entries(drafts);
    const free = all.filter(([step]) => this.draft(step) === "");
    for (const [step, text] of free) {
      this.keepDraft(step, text);
    }
    return Object.fromEntries(all.filter(([step, text]) => this.draft(step) !== text));
  }

  /** Keeps nothing of a page that is gone, but for these drafts. */
  forget(page: string, drafts: Drafts = {}): void {
    const isNew = page === UNNAMED;
    if (Object.keys(drafts).length > 0) {
      this.put(isNew ? newId() : page, { ...NOTHING, drafts });
      if (!isNew) {
        return;
      }
    }
    const names = page === UNNAMED ? this.oldKeys() : [`page.${page}`];
    for (const name of names) {
      this.write(name, null);
    }
  }

  private leftUnnamed(): Left {
    const named = (prefix: string) =>
      this.oldKeys().flatMap((name) =>
        name.startsWith(prefix) ? [[name, name.slice(prefix.length)] as const] : [],
      );
    const copies = named("program.").map(([name, step]) => [step, [this.parsed(name)]]);
    const drafts = [...named("prediction."), ["draft", MESSAGE] as const].flatMap(
      ([name, step]) => {
        const text = this.read(name);
        return text ? [[step, text]] : [];
      },
    );
    return this.readLeft({
      copies: Object.fromEntries(copies),
      unsent: this.parsed("unsent"),
      drafts: Object.fromEntries(drafts),
    });
  }

  private oldKeys(): string[] {
    const names = this.keys().map((key) => key.slice(this.key.length + 1));
    return names.filter((name) => OLD.test(name));
  }

  private keep(left: Left): boolean {
    this.left = left;
    this.isKept = this.put(this.page, left);
    return this.isKept;
  }

  private put(page: string, left: Left): boolean {
    const { copies, unsent, drafts } = left;
    if ([copies, unsent, drafts].every((all) => Object.keys(all).length === 0)) {
      this.write(`page.${page}`, null);
      return true;
    }
    const { conversation } = this;
    return this.write(`page.${page}`, JSON.stringify({ conversation, ...left }));
  }

  // It may be of an older page, of another conversation, or of somebody else.
  private readLeft(value: unknown): Left {
    const left = value as Partial<Record<keyof Left | "conversation", unknown>> | null;
    if (typeof left !== "object" || left === null) {
      return NOTHING;
    }
    const pairs = Object.entries(left.copies ?? {}).map(([step, all]) => [step, list(all, toCopy)]);
    const drafts = Object.entries(left.drafts ?? {}).filter(([, text]) => typeof text === "string");
    const read: Left = {
      copies: Object.fromEntries(pairs),
      unsent: list(left.unsent, toSay),
      drafts: Object.fromEntries(drafts),
    };
    return left.conversation === this.conversation ? read : withoutNames(read);
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

function withoutNames({ copies, unsent, drafts }: Left): Left {
  const pairs = Object.entries(copies).map(([step, all]) => [
    step,
    all.map((copy) => {
      const { base, version } = nameless(step);
      return { ...copy, base, version, main: false, shown: false, known: [] };
    }),
  ]);
  return {
    copies: Object.fromEntries(pairs),
    unsent: unsent.map((say) => ({ ...say, ...nameless(say.id) })),
    drafts,
  };
}

function list<T>(value: unknown, one: (value: unknown) => T[]): T[] {
  return Array.isArray(value) ? value.flatMap(one) : [];
}

/** A copy that names no base replaces nothing where the server has anything. */
function toCopy(value: unknown): Copy[] {
  if (!isWork(value)) {
    return [];
  }
  const { base, version, main, shown, known } = value as Partial<Copy>;
  const { code, files } = value;
  const works = list(known, (one) => (isWork(one) ? [one] : []));
  const name = { base: toCount(base), version: toCount(version) };
  return [{ code, files, ...name, main: main !== false, shown: shown === true, known: works }];
}

function toSay(value: unknown): Say[] {
  const say = value as Partial<Say> | null;
  const isSay =
    say?.type === "say" &&
    typeof say.id === "string" &&
    typeof say.text === "string" &&
    typeof say.code === "string";
  return isSay ? [{ ...(say as Say), base: toCount(say.base), version: toCount(say.version) }] : [];
}

function toCount(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}
