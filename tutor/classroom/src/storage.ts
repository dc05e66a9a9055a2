// What survives a reload in this browser: drafts and what the server has not confirmed.
//
// Every page (tab) keeps what it has not saved under a name of its own: pages do not write over
// each other's. What a page that is gone has left, the next one takes over (tabs.ts).

import type { Say } from "./frames";
import type { Copy } from "./program";
import { isWork } from "./work";

/** What one page keeps. */
export interface Left {
  readonly copies: Readonly<Record<string, readonly Copy[]>>;
  readonly unsent: readonly Say[];
}

// As frames may say it, with a number behind it.
const NAME = /^[A-Za-z0-9_-]{1,56}$/;
const NOTHING: Left = { copies: {}, unsent: [] };
// Before pages had names, one key per step held a program, and one held what was said.
export const UNNAMED = "earlier";

/** The browser's memory for one lesson of one student. Never throws: it may be full or forbidden. */
export class Drawer {
  private left: Left;

  /** `page` is the name of this page. */
  constructor(
    private readonly key: string,
    private readonly page: string,
  ) {
    this.left = this.leftBy(page);
  }

  get draft(): string {
    return this.read("draft") ?? "";
  }

  set draft(text: string) {
    this.write("draft", text || null);
  }

  /** A prediction that has not been made yet. */
  prediction(step: string): string {
    return this.read(`prediction.${step}`) ?? "";
  }

  keepPrediction(step: string, text: string): void {
    this.write(`prediction.${step}`, text || null);
  }

  // What this page has not saved

  /** The texts of a step that the server does not have. */
  copies(step: string): readonly Copy[] {
    return Object.hasOwn(this.left.copies, step) ? (this.left.copies[step] ?? []) : [];
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
    return page === UNNAMED ? this.leftUnnamed() : readLeft(this.parsed(`page.${page}`));
  }

  forget(page: string): void {
    const names = page === UNNAMED ? this.oldKeys() : [`page.${page}`];
    for (const name of names) {
      this.write(name, null);
    }
  }

  private leftUnnamed(): Left {
    const programs = this.oldKeys().filter((name) => name.startsWith("program."));
    const copies = programs.map((name) => [name.slice("program.".length), [this.parsed(name)]]);
    return readLeft({ copies: Object.fromEntries(copies), unsent: this.parsed("unsent") });
  }

  private oldKeys(): string[] {
    const names = this.keys().map((key) => key.slice(this.key.length + 1));
    return names.filter((name) => name === "unsent" || name.startsWith("program."));
  }

  private keep(left: Left): boolean {
    this.left = left;
    const isEmpty = Object.keys(left.copies).length + left.unsent.length === 0;
    return this.write(`page.${this.page}`, isEmpty ? null : JSON.stringify(left));
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

// What is stored may be of an older page, or of somebody else.

function readLeft(value: unknown): Left {
  const left = value as Partial<Record<keyof Left, unknown>> | null;
  if (typeof left !== "object" || left === null) {
    return NOTHING;
  }
  const pairs = Object.entries(left.copies ?? {}).map(([step, all]) => [step, list(all, toCopy)]);
  return { copies: Object.fromEntries(pairs), unsent: list(left.unsent, toSay) };
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
