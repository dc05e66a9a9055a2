// The program of one step as this page knows it: what the server has, what the editor may show, what
// is on its way. Pure.
//
// 1. A text is what somebody has written on and on. Its key is its own in this page, so that the
//    editor keeps its undo whatever becomes of it. One text is the program (`main`), others are
//    kept beside it, and one of them all is shown.
// 2. A text names what it was made from: the program at `base`, or a kept `version`. The server
//    replaces exactly that; where it is gone, it keeps the text as another version. `saved` says
//    under which name a write is stored, and the text goes on from there.
// 3. A text is clean if the server has all of it. Only a clean program follows the server's.
// 4. If the server's program is none of what this page wrote and the program here is not clean,
//    the two part: the text stays shown, to be kept as a version, and the server's is the program.
// 5. If the server's program is another text of this page, that one is the program from now on.
// 6. A text is forgotten only if it is clean, not shown, and no version in the server's list.
// 7. Names come again where a database was restored. A new connection trusts a name only where the
//    server has a text under it that this page knows; else the text replaces nothing.

import { isSame, plain, textAt, type Work, withText } from "./work";

export interface Version {
  readonly id: number;
  /** ISO 8601. */
  readonly writtenAt: string;
  readonly work: Work;
}

/** What the server has in a step. */
export interface Stored {
  readonly revision: number;
  readonly work: Work;
  /** Kept beside it, newest first. */
  readonly versions: readonly Version[];
}

/** What a write replaces, as frames say it. `page` is empty for what this page has begun. */
export interface Name {
  readonly base: number;
  readonly version: number;
  readonly page: string;
}

// The greatest that the server can compare; no step has so many.
const NO_VERSION = 2 ** 31 - 1;
// Flapping lines make more and more of them, and a browser's memory is small.
const MOST_KNOWN = 8;

/** What is written under this name replaces nothing and is never the program: it is kept beside. */
export function nameless(key: number | string): Name {
  return { base: 0, version: NO_VERSION, page: `apart-${key}` };
}

export interface Text extends Name {
  readonly key: number;
  readonly work: Work;
  /** What the server has confirmed of it; null if nothing. */
  readonly saved: Work | null;
  /** What the server may have of it besides, from before the connection or the page. */
  readonly known: readonly Work[];
}

/** A text on its way to the server. `sure`: an answer will come. `key` is 0 where no text is. */
export interface Write {
  readonly id: string;
  readonly key: number;
  readonly work: Work;
  readonly sure: boolean;
}

/** A text that the server does not have, as the browser keeps it. */
export interface Copy extends Work {
  readonly base: number;
  readonly version: number;
  readonly main: boolean;
  readonly shown: boolean;
  readonly known: readonly Work[];
}

/** What can be shown: the program, where `id` is 0, or a version. `key` is its text, or 0. */
export type Choice = Pick<Version, "id"> & { readonly key: number };

export interface Program {
  /** Null until the server has said it. */
  readonly stored: Stored | null;
  readonly texts: readonly Text[];
  /** Keys of texts; 0 for none. */
  readonly main: number;
  readonly shown: number;
  /** Parted from the program, and the student has not chosen anything since. */
  readonly parted: number;
  /** To be made the program as soon as the server has it as a version. */
  readonly wanted: number;
  /** In the place of the program at this revision, which the student saw then. */
  readonly over: number;
  /** The id of a `restore` on its way; else empty. */
  readonly restoring: string;
  /** Why the last one was refused; else empty. */
  readonly problem: string;
  /** What was taken from the list last, while it can be had back. */
  readonly dismissed: Version | null;
  readonly writes: readonly Write[];
  readonly lastKey: number;
  /** What the server had when the connection began, this page knew already. */
  readonly familiar: boolean;
}

/** `copies` are what an earlier visit of this page could not save. */
export function opened(copies: readonly Copy[] = []): Program {
  const main = copies.findIndex((copy) => copy.main) + 1;
  const texts = copies.map((copy, index) => {
    const key = index + 1;
    return { ...copied(copy), key, page: key === main ? "" : nameless(key).page };
  });
  return {
    stored: null,
    texts,
    main,
    shown: copies.findIndex(({ shown }) => shown) + 1 || main,
    parted: 0,
    wanted: 0,
    over: 0,
    restoring: "",
    problem: "",
    dismissed: null,
    writes: [],
    lastKey: texts.length,
    familiar: false,
  };
}

// What is asked

/** What the editor shows; undefined until it is known. */
export function shownText(program: Program): Text | undefined {
  return textOf(program, program.shown);
}

export function textOf(program: Program, key: number): Text | undefined {
  return program.texts.find((text) => text.key === key);
}

/** Has the server confirmed all of the text, and nothing else of it is on its way? */
export function isClean(program: Program, text: Text): boolean {
  return text.saved !== null && isSame(text.work, text.saved) && !isWritten(program, text);
}

/** Must it be sent? What is under way already is not sent twice. */
export function isDue(program: Program, text: Text): boolean {
  const last = program.writes.findLast(({ key, sure }) => sure && key === text.key)?.work;
  const sent = last ?? text.saved;
  return sent === null || !isSame(text.work, sent);
}

/** Every version besides what is shown and the program. None is offered twice. */
export function choices({ stored, texts, shown, main }: Program): (Version & Choice)[] {
  const versions = stored?.versions ?? [];
  const held = new Map(texts.map((text) => [text.version, text.key]));
  const listed = versions.map((version) => ({ ...version, key: held.get(version.id) ?? 0 }));
  // Not kept by the server yet, or not under this name.
  const others = texts
    .filter(({ version }) => !versions.some(({ id }) => id === version))
    .map(({ key, version, work }) => ({ key, id: version, writtenAt: "", work }));
  const seen = texts.filter(({ key }) => key === shown || key === main).map(({ work }) => work);
  const all = [...others, ...listed].filter(({ key }) => key === 0 || ![shown, main].includes(key));
  return all.filter(({ work }, at) => {
    const before = [...seen, ...all.slice(0, at).map((one) => one.work)];
    return !has(before, work);
  });
}

/** Is the text a version that was taken from the list, and has nothing been written since? */
export function isDismissed(program: Program, text: Text): boolean {
  const isListed = program.stored?.versions.some(({ id }) => id === text.version);
  return text.key !== program.main && isClean(program, text) && !isListed;
}

/** The version that the student wants as the program, if the server has it by now; else 0. */
export function restorable(program: Program): number {
  const text = textOf(program, program.wanted);
  return text?.saved && !isWritten(program, text) ? text.version : 0;
}

/** What the server does not have for certain. */
export function copies(program: Program): Copy[] {
  return program.texts
    .filter((text) => !isClean(program, text))
    .map((text) => ({
      ...text.work,
      base: text.base,
      version: text.version,
      main: text.key === program.main,
      shown: text.key === program.shown,
      known: ours(program, text).filter((work) => !isSame(work, text.work)),
    }));
}

// From the student

/** `before` and `after` are what the editor held of the file at `path` in the text `key`. */
export function edited(
  program: Program,
  key: number,
  path: string,
  before: string,
  after: string,
): Program {
  const text = textOf(program, key);
  const now = text ?? shownText(program);
  if (!now) {
    return program;
  }
  const work = withText(now.work, path, plain(after));
  if (text && plain(textAt(text.work, path)) === plain(before)) {
    return put({ ...program, problem: "", dismissed: null }, { ...text, work });
  }
  // Typed on what is not there any more, before it was drawn: it must not replace what is.
  const next = program.lastKey + 1;
  const other = { ...nameless(next), key: next, work, saved: null, known: [] };
  return { ...added(program, other), shown: next, parted: next };
}

/** All of the text that is shown is another one. */
export function rewritten(program: Program, work: Work): Program {
  const text = shownText(program);
  return text ? put(program, { ...text, work }) : program;
}

export function showing(program: Program, { id, key }: Choice): Program {
  const left = shownText(program);
  const dismissed =
    left && isDismissed(program, left)
      ? { id: left.version, writtenAt: "", work: left.work }
      : null;
  const chosen = { ...program, parted: 0, problem: "", dismissed };
  const known = id === 0 && key === 0 ? program.main : key;
  if (known !== 0) {
    return tidied({ ...chosen, shown: known });
  }
  const row = program.stored?.versions.find((version) => version.id === id);
  if (!row) {
    return program;
  }
  const next = program.lastKey + 1;
  const text = { key: next, base: 0, version: id, page: "", work: row.work, saved: row.work };
  return tidied({ ...added(chosen, { ...text, known: [] }), shown: next });
}

/** The student wants the text that is shown as the program. */
export function wanting(program: Program): Program {
  const text = shownText(program);
  if (!text || text.key === program.main) {
    return program;
  }
  const over = textOf(program, program.main)?.base ?? 0;
  return { ...keeping(program), wanted: text.key, over, problem: "", dismissed: null };
}

/** What is shown was taken from the list meanwhile: sent again, it is kept again. */
export function keeping(program: Program): Program {
  const text = shownText(program);
  return text && isDismissed(program, text)
    ? put(program, { ...text, ...nameless(text.key), saved: null })
    : program;
}

/** The student takes a version from the list. */
export function dismissing(program: Program, id: number): Program {
  const row = program.stored?.versions.find((version) => version.id === id);
  const held = program.texts.find(({ version }) => version === id);
  return row ? { ...program, dismissed: { ...row, work: held?.work ?? row.work } } : program;
}

/** What was dismissed last is no longer offered, or is kept again. */
export function undismissing(program: Program, isBack: boolean): Program {
  const { dismissed } = program;
  const rest = { ...program, dismissed: null };
  if (!dismissed || !isBack) {
    return rest;
  }
  const next = program.lastKey + 1;
  const text = { ...nameless(next), key: next, work: dismissed.work, saved: null, known: [] };
  return added(rest, text);
}

// To the server

/** The text `key` was sent with the frame `id`. */
export function writing(program: Program, id: string, key: number): Program {
  const text = textOf(program, key);
  return text
    ? { ...program, writes: [...program.writes, { id, key, work: text.work, sure: true }] }
    : program;
}

/** A frame of before was sent again: it may be known, and not be answered then. */
export function sendingAgain(program: Program, id: string, name: Name, work: Work): Program {
  const text = program.texts.find((one) => isNamed(one, name));
  const write = { id, key: text?.key ?? 0, work, sure: false };
  return { ...program, writes: [...program.writes, write] };
}

/**
 * The name under which a frame of before is sent again: what this page has no text for any more may
 * be another one by now.
 */
export function nameAgain(program: Program, id: string, name: Name): Name {
  const isBegunHere = name.version === 0 && name.page === "";
  const isKnown =
    program.texts.some((text) => isNamed(text, name)) && (program.familiar || !isBegunHere);
  const isOld = name.version === 0 && name.base < (program.stored?.revision ?? 0);
  return isKnown || isOld ? name : nameless(id);
}

export function restoring(program: Program, id: string): Program {
  return { ...program, wanted: 0, restoring: id };
}

// Parts

/** All that the server may have of a text because this page sent it, and the text itself. */
export function ours({ writes }: Program, { key, work, saved, known }: Text): Work[] {
  const sent = writes.filter((write) => write.key === key).map((write) => write.work);
  const all = [work, ...(saved ? [saved] : []), ...sent, ...known];
  const different = all.filter((one, at) => all.findIndex((other) => isSame(one, other)) === at);
  return different.slice(0, MOST_KNOWN + sent.length);
}

function isWritten({ writes }: Program, { key }: Text): boolean {
  return writes.some((write) => write.sure && write.key === key);
}

export function has(works: readonly Work[], work: Work): boolean {
  return works.some((one) => isSame(one, work));
}

function isNamed(text: Text, { base, version, page }: Name): boolean {
  return text.version === version && text.page === page && (version > 0 || text.base === base);
}

/** The server's program as a text. */
export function begun({ revision, work }: Stored): Omit<Text, "key"> {
  return { base: revision, version: 0, page: "", work, saved: work, known: [] };
}

export function copied({ code, files, base, version, known }: Copy): Omit<Text, "key" | "page"> {
  return { base, version, work: { code, files }, saved: null, known };
}

export function put(program: Program, text: Text): Program {
  return { ...program, texts: program.texts.map((one) => (one.key === text.key ? text : one)) };
}

export function added(program: Program, text: Text): Program {
  return { ...program, texts: [...program.texts, text], lastKey: text.key };
}

/** Rule 6; and of two clean texts that are the same, the one that is shown is the program. */
export function tidied(program: Program): Program {
  const main = textOf(program, program.main);
  const shown = shownText(program);
  if (main && shown && shown !== main && isTwin(program, main, shown)) {
    const one = put(program, { ...main, key: shown.key });
    const rest = one.texts.filter((text) => text !== main);
    return tidied({ ...one, texts: rest, main: shown.key, parted: 0 });
  }
  const listed = new Set(program.stored?.versions.map(({ id }) => id));
  const texts = program.texts.filter(
    (text) =>
      text.key === program.main ||
      text.key === program.shown ||
      listed.has(text.version) ||
      !isClean(program, text),
  );
  return { ...program, texts };
}

function isTwin(program: Program, one: Text, other: Text): boolean {
  return isSame(one.work, other.work) && isClean(program, one) && isClean(program, other);
}
