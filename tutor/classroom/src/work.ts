// A program and the files beside it that the student may change. Pure.

import { isEditable, type Step } from "./page";

export interface Work {
  readonly code: string;
  /** By path. */
  readonly files: Readonly<Record<string, string>>;
}

/** What the lesson begins with. */
export function started(step: Step): Work {
  return fitted(step, { code: step.starter, files: {} });
}

/** `work` with exactly the files that the student may change in the step. */
export function fitted(step: Step, work: Work): Work {
  const own = step.files.filter((file) => file.editable && isEditable(step));
  const files = own.map(({ path, text }) => [path, work.files[path] ?? text]);
  return { code: work.code, files: Object.fromEntries(files) };
}

/** The text of the file at `path`, or of the program where it is empty. */
export function textAt(work: Work, path: string): string {
  return path === "" ? work.code : (work.files[path] ?? "");
}

/** `work` with another text at `path`. */
export function withText(work: Work, path: string, text: string): Work {
  return path === ""
    ? { ...work, code: text }
    : { ...work, files: { ...work.files, [path]: text } };
}

/** As the editor holds a text, and as it can be sent: one kind of line end, no half characters. */
export function plain(text: string): string {
  return text.replace(/\r\n?/g, "\n").toWellFormed();
}

export function isSame(one: Work, other: Work): boolean {
  const paths = Object.keys(one.files);
  return (
    one.code === other.code &&
    paths.length === Object.keys(other.files).length &&
    paths.every((path) => one.files[path] === other.files[path])
  );
}

/**
 * What tells `work` from `others`: the first line that none of them has in its place, else the first
 * that the first of them has not; the path of a file, where only files differ. Empty if `work` is
 * the beginning of it.
 */
export function telling(work: Work, others: readonly Work[]): string {
  const lines = work.code.split("\n");
  const [first = [], ...more] = others.map(({ code }) => code.split("\n"));
  const differs = (at: number, all: string[][]) =>
    lines[at]?.trim() !== "" && all.every((other) => other[at] !== lines[at]);
  const places = [...lines.keys()];
  const at =
    places.find((one) => differs(one, [first, ...more])) ??
    places.find((one) => differs(one, [first]));
  const files = others[0]?.files ?? {};
  const path = () => Object.keys(work.files).find((one) => work.files[one] !== files[one]);
  return (at === undefined ? path() : lines[at]?.trim()) ?? "";
}

/** Is `other` what `work` has become by lines written after it? Then nothing of it is missing. */
export function isContinued(work: Work, other: Work): boolean {
  const goesOn = (text: string, long: string) =>
    long === text || long.startsWith(text === "" || text.endsWith("\n") ? text : `${text}\n`);
  const paths = Object.keys(work.files);
  return (
    goesOn(work.code, other.code) &&
    paths.every((path) => goesOn(work.files[path] ?? "", other.files[path] ?? ""))
  );
}

export function isWork(value: unknown): value is Work {
  const work = value as Partial<Work> | null;
  return (
    typeof work?.code === "string" &&
    typeof work.files === "object" &&
    work.files !== null &&
    Object.values(work.files).every((text) => typeof text === "string")
  );
}
