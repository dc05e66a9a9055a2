// The student's edits of a step's program.

import { detachedTarget, type ProgramState } from "./model";
import { fileText, normalizeText, type Source, withFileText } from "./source";
import { addCopy, copyOf, replaceCopy, shownCopy } from "./workingCopies";

/** `before` and `after` are what the editor held of the file at `path` in the copy `key`. */
export function applyEdit(
  program: ProgramState,
  key: number,
  path: string,
  before: string,
  after: string,
): ProgramState {
  const copy = copyOf(program, key);
  const now = copy ?? shownCopy(program);
  if (!now) {
    return program;
  }
  const source = withFileText(now.source, path, normalizeText(after));
  if (copy && normalizeText(fileText(copy.source, path)) === normalizeText(before)) {
    return replaceCopy({ ...program, restoreError: "", dismissed: null }, { ...copy, source });
  }
  // Typed on what is not there any more, before it was drawn: it must not replace what is.
  const next = program.lastKey + 1;
  const other = { ...detachedTarget(next), key: next, source, saved: null, known: [] };
  return { ...addCopy(program, other), shown: next, diverged: next };
}

/** All of the copy that is shown is another one. */
export function replaceShown(program: ProgramState, source: Source): ProgramState {
  const copy = shownCopy(program);
  return copy ? replaceCopy(program, { ...copy, source }) : program;
}
