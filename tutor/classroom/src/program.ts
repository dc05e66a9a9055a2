// The student's program of one step: what the editor holds, what the server has of it. Pure.

import { isEditable, type Step } from "./page";

/** A program and the files beside it that the student may change, by path. */
export interface Work {
  readonly code: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Program {
  /** What the editor holds; null until it is known. */
  work: Work | null;
  /** What the server has confirmed; null until it has said anything. */
  saved: Work | null;
  /** Sent and not confirmed, oldest first: `saved` names no text, so its order counts. */
  sent: Work[];
}

/** `local` is what an earlier visit could not save; null if all of it was saved. */
export function opened(local: Work | null): Program {
  return { work: local, saved: null, sent: [] };
}

export function edited(program: Program, work: Work): Program {
  return { ...program, work };
}

export function sending(program: Program): Program {
  return program.work === null ? program : { ...program, sent: [...program.sent, program.work] };
}

export function confirmed(program: Program): Program {
  const [saved, ...sent] = program.sent;
  return saved === undefined ? program : { ...program, saved, sent };
}

/** The server says what it has. What the student wrote and it does not have is kept. */
export function greeted(program: Program, server: Work): Program {
  const work = isSaved(program) ? server : program.work;
  return { work, saved: server, sent: [] };
}

export function isSaved(program: Program): boolean {
  return program.work === null || isSame(program.work, program.saved);
}

/** Must it be sent? What is under way already is not sent twice. */
export function isDue(program: Program): boolean {
  const last = program.sent.at(-1) ?? program.saved;
  return program.work !== null && !isSame(program.work, last);
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

/** `work` with another text: of the file at `path`, or of the program where it is empty. */
export function withText(work: Work, path: string, text: string): Work {
  return path === ""
    ? { ...work, code: text }
    : { ...work, files: { ...work.files, [path]: text } };
}

function isSame(one: Work, other: Work | null): boolean {
  if (other === null || one.code !== other.code) {
    return false;
  }
  const paths = Object.keys(one.files);
  return (
    paths.length === Object.keys(other.files).length &&
    paths.every((path) => one.files[path] === other.files[path])
  );
}
