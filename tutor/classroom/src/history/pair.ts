// The two texts that are beside each other: what is shown, and another one. Pure.

import type { ProgramState, VersionChoice } from "../program/model";
import type { Source } from "../program/source";
import { copyOf, shownCopy } from "../program/workingCopies";

export interface Pair {
  readonly mine: Source;
  readonly theirs: Source;
  /** The one of both that is the program. */
  readonly program: Source;
  readonly isTheirsProgram: boolean;
  /** The other one, where it is a version. */
  readonly choice: VersionChoice;
  /** What both have come from, where it is known. */
  readonly ancestor: Source | null;
}

/** Null where there are not two of them any more. `other` is a version, or the program. */
export function pairOf(program: ProgramState, other: VersionChoice): Pair | null {
  const shown = shownCopy(program);
  const main = copyOf(program, program.main);
  if (!shown || !main) {
    return null;
  }
  if (shown !== main) {
    const { source: mine, ancestor } = shown;
    const theirs = main.source;
    return { mine, theirs, program: theirs, isTheirsProgram: true, choice: other, ancestor };
  }
  const copy = copyOf(program, other.key);
  const theirs = copy?.source ?? program.server?.versions.find(({ id }) => id === other.id)?.source;
  const ancestor = copy?.ancestor ?? null;
  const { source: mine } = main;
  return theirs && copy !== main
    ? { mine, theirs, program: mine, isTheirsProgram: false, choice: other, ancestor }
    : null;
}
