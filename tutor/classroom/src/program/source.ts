// A program and the files beside it that the student may change. Pure.

import { isEditable, type Step } from "../page/pageData";

export interface Source {
  readonly code: string;
  /** By path. */
  readonly files: Readonly<Record<string, string>>;
}

/** The step's source as the lesson gives it. */
export function starterSource(step: Step): Source {
  return fitToStep(step, { code: step.starter, files: {} });
}

/** `source` with exactly the files that the student may change in the step. */
export function fitToStep(step: Step, source: Source): Source {
  const own = step.files.filter((file) => file.editable && isEditable(step));
  const files = own.map(({ path, text }) => [path, source.files[path] ?? text]);
  return { code: source.code, files: Object.fromEntries(files) };
}

/** The text of the file at `path`, or of the program where it is empty. */
export function fileText(source: Source, path: string): string {
  return path === "" ? source.code : (source.files[path] ?? "");
}

/** `source` with another text at `path`. */
export function withFileText(source: Source, path: string, text: string): Source {
  return path === ""
    ? { ...source, code: text }
    : { ...source, files: { ...source.files, [path]: text } };
}

/** As the editor holds a text, and as it can be sent: one kind of line end, no half characters. */
export function normalizeText(text: string): string {
  return text.replace(/\r\n?/g, "\n").toWellFormed();
}

export function isSameSource(one: Source, other: Source): boolean {
  const paths = Object.keys(one.files);
  return (
    one.code === other.code &&
    paths.length === Object.keys(other.files).length &&
    paths.every((path) => one.files[path] === other.files[path])
  );
}

/**
 * The line that tells `source` from `others`: the first that none of them has in its place, else the first
 * that the first of them has not; the path of a file, where only files differ. Empty if `source` is
 * the beginning of it.
 */
export function distinguishingLine(source: Source, others: readonly Source[]): string {
  const lines = source.code.split("\n");
  const [first = [], ...more] = others.map(({ code }) => code.split("\n"));
  const differs = (at: number, all: string[][]) =>
    lines[at]?.trim() !== "" && all.every((other) => other[at] !== lines[at]);
  const places = [...lines.keys()];
  const at =
    places.find((one) => differs(one, [first, ...more])) ??
    places.find((one) => differs(one, [first]));
  const files = others[0]?.files ?? {};
  const path = () => Object.keys(source.files).find((one) => source.files[one] !== files[one]);
  return (at === undefined ? path() : lines[at]?.trim()) ?? "";
}

/** Is `other` what `source` has become by lines written after it? Then nothing of it is missing. */
export function isExtendedBy(source: Source, other: Source): boolean {
  const goesOn = (text: string, long: string) =>
    long === text || long.startsWith(text === "" || text.endsWith("\n") ? text : `${text}\n`);
  const paths = Object.keys(source.files);
  return (
    goesOn(source.code, other.code) &&
    paths.every((path) => goesOn(source.files[path] ?? "", other.files[path] ?? ""))
  );
}

export function isSource(value: unknown): value is Source {
  const source = value as Partial<Source> | null;
  return (
    typeof source?.code === "string" &&
    typeof source.files === "object" &&
    source.files !== null &&
    Object.values(source.files).every((text) => typeof text === "string")
  );
}
