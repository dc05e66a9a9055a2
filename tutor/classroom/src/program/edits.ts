// The student's edits of a step's program.

import type { Cause, ProgramState, WorkingCopy } from "./model";
import { fileText, isSameSource, normalizeText, type Source, withFileText } from "./source";
import { showVersion } from "./versions";
import {
  addDetached,
  copyOf,
  includesSource,
  isClean,
  replaceCopy,
  shownCopy,
} from "./workingCopies";

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
    // Typed, or taken back: then nothing is replaced any more.
    const unstored = copy.unstored.filter((one) => !isSameSource(one, source));
    const typed = { ...copy, source, unstored, cause: "typed", replaced: null } as const;
    return replaceCopy({ ...program, restoreError: "", dismissed: null }, typed);
  }
  // Typed on what is not there any more, before it was drawn: it must not replace what is.
  const ancestor = withFileText(now.source, path, normalizeText(before));
  return showDetached(program, source, { ancestor });
}

/** All of the copy that is shown is another one; see rule 8. */
export function replaceShown(program: ProgramState, source: Source, cause: Cause): ProgramState {
  const copy = shownCopy(program);
  if (!copy || isSameSource(copy.source, source)) {
    return program;
  }
  const isStored = isClean(program, copy) || includesSource(copy.unstored, copy.source);
  const unstored = isStored ? copy.unstored : [...copy.unstored, copy.source];
  return replaceCopy(
    { ...program, restoreError: "", dismissed: null },
    { ...copy, source, cause, replaced: copy.source, unstored },
  );
}

/** The program is another one, whatever is shown; that is shown then. */
export function replaceProgram(program: ProgramState, source: Source, cause: Cause): ProgramState {
  const isShown = program.shown === program.main;
  const next = isShown ? program : showVersion(program, { id: 0, key: 0 });
  return replaceShown(next, source, cause);
}

/**
 * The program is a text made of several, one of which was the program `seen`. Where that is another
 * one by now, both are kept.
 */
export function replaceSeen(program: ProgramState, source: Source, seen: Source): ProgramState {
  const main = copyOf(program, program.main);
  return main && isSameSource(main.source, seen)
    ? replaceProgram(program, source, "merged")
    : showDetached(program, source, { ancestor: seen, cause: "merged" });
}

function showDetached(
  program: ProgramState,
  source: Source,
  parts: Partial<WorkingCopy>,
): ProgramState {
  const next = addDetached(program, source, parts);
  return { ...next, shown: next.lastKey, diverged: next.lastKey };
}
