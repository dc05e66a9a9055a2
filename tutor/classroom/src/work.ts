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
 * The first line of `work` that `other` does not have in its place; the path of the first file that
 * differs, where only files do. Empty if `work` is the beginning of `other`.
 */
export function firstDifference(work: Work, other: Work): string {
  if (work.code === other.code) {
    return Object.keys(work.files).find((path) => work.files[path] !== other.files[path]) ?? "";
  }
  const theirs = other.code.split("\n");
  const mine = work.code.split("\n");
  const at = mine.findIndex((line, index) => line !== theirs[index]);
  return at < 0 ? "" : (mine.slice(at).find((line) => line.trim() !== "") ?? "").trim();
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
