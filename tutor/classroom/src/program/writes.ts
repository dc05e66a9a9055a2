// Writes of a step's program on their way to the server, and the copies kept until they are there.

import {
  detachedTarget,
  type ProgramState,
  type UnsavedCopy,
  type WorkingCopy,
  type WriteTarget,
} from "./model";
import { isSameSource, type Source } from "./source";
import { copyOf, hasTarget, isClean, knownSources } from "./workingCopies";

/** True if the server must be sent the copy; what is under way already is not sent twice. */
export function needsSending(program: ProgramState, copy: WorkingCopy): boolean {
  const last = program.pendingWrites.findLast(
    ({ key, expectsReply }) => expectsReply && key === copy.key,
  )?.source;
  const sent = last ?? copy.saved;
  return sent === null || !isSameSource(copy.source, sent);
}

/** The copies that the server does not have for certain. */
export function unsavedCopies(program: ProgramState): UnsavedCopy[] {
  return program.copies
    .filter((copy) => !isClean(program, copy) || copy.unstored.length > 0)
    .map((copy) => ({
      ...copy.source,
      base: copy.base,
      version: copy.version,
      main: copy.key === program.main,
      shown: copy.key === program.shown,
      known: knownSources(program, copy).filter((source) => !isSameSource(source, copy.source)),
      ...(copy.cause === "typed" ? {} : { cause: copy.cause }),
      ...(copy.unstored.length === 0 ? {} : { unstored: copy.unstored }),
    }));
}

/** The copy `key` was sent with the frame `id`. */
export function recordWrite(program: ProgramState, id: string, key: number): ProgramState {
  const copy = copyOf(program, key);
  return copy
    ? {
        ...program,
        pendingWrites: [
          ...program.pendingWrites,
          { id, key, source: copy.source, expectsReply: true },
        ],
      }
    : program;
}

/** A frame of before was sent again: it may be known, and not be answered then. */
export function recordResend(
  program: ProgramState,
  id: string,
  target: WriteTarget,
  source: Source,
): ProgramState {
  const copy = program.copies.find((one) => hasTarget(one, target));
  const write = { id, key: copy?.key ?? 0, source, expectsReply: false };
  return { ...program, pendingWrites: [...program.pendingWrites, write] };
}

/**
 * The target under which a frame of before is sent again: what this page has no copy for any more may
 * be another one by now.
 */
export function resendTarget(program: ProgramState, id: string, target: WriteTarget): WriteTarget {
  const isBegunHere = target.version === 0 && target.page === "";
  const isKnown =
    program.copies.some((copy) => hasTarget(copy, target)) &&
    (program.knowsServerProgram || !isBegunHere);
  const isOld = target.version === 0 && target.base < (program.server?.revision ?? 0);
  return isKnown || isOld ? target : detachedTarget(id);
}
