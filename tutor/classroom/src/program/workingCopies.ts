// The working copies of a step: looked up, compared, replaced.

import {
  detachedTarget,
  PLAIN,
  type ProgramState,
  type ServerProgram,
  type WorkingCopy,
  type WriteTarget,
} from "./model";
import { isSameSource, type Source } from "./source";

// Flapping connections make more and more of them, and a browser's memory is small.
const MAX_KNOWN = 8;

/** The copy that the editor shows; undefined until it is known. */
export function shownCopy(program: ProgramState): WorkingCopy | undefined {
  return copyOf(program, program.shown);
}

export function copyOf(program: ProgramState, key: number): WorkingCopy | undefined {
  return program.copies.find((copy) => copy.key === key);
}

/** Has the server confirmed all of the copy, and nothing else of it is on its way? */
export function isClean(program: ProgramState, copy: WorkingCopy): boolean {
  return (
    copy.saved !== null && isSameSource(copy.source, copy.saved) && !hasPendingWrite(program, copy)
  );
}

export function hasPendingWrite({ pendingWrites }: ProgramState, { key }: WorkingCopy): boolean {
  return pendingWrites.some((write) => write.expectsReply && write.key === key);
}

/** All that the server may have of a copy because this page sent it, and the copy itself. */
export function knownSources(
  { pendingWrites }: ProgramState,
  { key, source, saved, known }: WorkingCopy,
): Source[] {
  const sent = pendingWrites.filter((write) => write.key === key).map((write) => write.source);
  const all = [source, ...(saved ? [saved] : []), ...sent, ...known];
  const different = all.filter(
    (one, at) => all.findIndex((other) => isSameSource(one, other)) === at,
  );
  return different.slice(0, MAX_KNOWN + sent.length);
}

export function includesSource(sources: readonly Source[], source: Source): boolean {
  return sources.some((one) => isSameSource(one, source));
}

export function hasTarget(copy: WorkingCopy, { base, version, page }: WriteTarget): boolean {
  return copy.version === version && copy.page === page && (version > 0 || copy.base === base);
}

/** The server's program as a copy. */
export function copyOfServer({ revision, source }: ServerProgram): Omit<WorkingCopy, "key"> {
  return { ...PLAIN, base: revision, version: 0, page: "", source, saved: source, known: [] };
}

export function addCopy(program: ProgramState, copy: WorkingCopy): ProgramState {
  return { ...program, copies: [...program.copies, copy], lastKey: copy.key };
}

/** A new copy beside all others, which replaces nothing; its key is `lastKey` then. */
export function addDetached(
  program: ProgramState,
  source: Source,
  parts: Partial<WorkingCopy> = {},
): ProgramState {
  const key = program.lastKey + 1;
  const copy = { ...PLAIN, ...detachedTarget(key), key, source, saved: null, known: [] };
  return addCopy(program, { ...copy, ...parts });
}

export function replaceCopy(program: ProgramState, copy: WorkingCopy): ProgramState {
  return { ...program, copies: program.copies.map((one) => (one.key === copy.key ? copy : one)) };
}

/** Rule 6; and of two clean copies that are the same, the one that is shown is the program. */
export function pruneCopies(program: ProgramState): ProgramState {
  const main = copyOf(program, program.main);
  const shown = shownCopy(program);
  if (main && shown && shown !== main && isDuplicate(program, main, shown)) {
    const one = replaceCopy(program, { ...main, key: shown.key });
    const rest = one.copies.filter((copy) => copy !== main);
    return pruneCopies({ ...one, copies: rest, main: shown.key, diverged: 0 });
  }
  const listed = new Set(program.server?.versions.map(({ id }) => id));
  const copies = program.copies.filter(
    (copy) =>
      copy.key === program.main ||
      copy.key === program.shown ||
      listed.has(copy.version) ||
      copy.unstored.length > 0 ||
      !isClean(program, copy),
  );
  return { ...program, copies };
}

function isDuplicate(program: ProgramState, one: WorkingCopy, other: WorkingCopy): boolean {
  return isSameSource(one.source, other.source) && isClean(program, one) && isClean(program, other);
}
