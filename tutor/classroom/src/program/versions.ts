// The versions of a step's program: offered, shown, dismissed, made the program again.

import {
  detachedTarget,
  PLAIN,
  type ProgramState,
  type ProgramVersion,
  type VersionChoice,
  type WorkingCopy,
} from "./model";
import {
  addCopy,
  addDetached,
  copyOf,
  hasPendingWrite,
  includesSource,
  isClean,
  pruneCopies,
  replaceCopy,
  shownCopy,
} from "./workingCopies";

/** All versions besides what is shown and the program. None is offered twice. */
export function otherVersions({
  server,
  copies,
  shown,
  main,
}: ProgramState): (ProgramVersion & VersionChoice)[] {
  const versions = server?.versions ?? [];
  const held = new Map(copies.map((copy) => [copy.version, copy.key]));
  const listed = versions.map((version) => ({ ...version, key: held.get(version.id) ?? 0 }));
  // Not kept by the server yet, or not under this number.
  const others = copies
    .filter(({ version }) => !versions.some(({ id }) => id === version))
    .map(({ key, version, source }) => ({ key, id: version, writtenAt: "", source }));
  const seen = copies
    .filter(({ key }) => key === shown || key === main)
    .map(({ source }) => source);
  const all = [...others, ...listed].filter(({ key }) => key === 0 || ![shown, main].includes(key));
  return all.filter(({ source }, at) => {
    const before = [...seen, ...all.slice(0, at).map((one) => one.source)];
    return !includesSource(before, source);
  });
}

/** Is the copy a version that was taken from the list, and has nothing been written since? */
export function isDismissed(program: ProgramState, copy: WorkingCopy): boolean {
  const isListed = program.server?.versions.some(({ id }) => id === copy.version);
  return copy.key !== program.main && isClean(program, copy) && !isListed;
}

/** Shows another copy, or a version that is no copy yet. */
export function showVersion(program: ProgramState, { id, key }: VersionChoice): ProgramState {
  const left = shownCopy(program);
  const dismissed =
    left && isDismissed(program, left)
      ? { id: left.version, writtenAt: "", source: left.source }
      : null;
  const chosen = { ...program, diverged: 0, restoreError: "", dismissed };
  const known = id === 0 && key === 0 ? program.main : key;
  if (known !== 0) {
    return pruneCopies({ ...chosen, shown: known });
  }
  const row = program.server?.versions.find((version) => version.id === id);
  if (!row) {
    return program;
  }
  const next = program.lastKey + 1;
  const { source } = row;
  const copy = { ...PLAIN, key: next, base: 0, version: id, page: "", source, saved: source };
  return pruneCopies({ ...addCopy(chosen, { ...copy, known: [] }), shown: next });
}

/** The student wants the copy that is shown as the program. */
export function requestRestore(program: ProgramState): ProgramState {
  const copy = shownCopy(program);
  if (!copy || copy.key === program.main) {
    return program;
  }
  const restoreBase = copyOf(program, program.main)?.base ?? 0;
  return {
    ...keepShown(program),
    restoreRequested: copy.key,
    restoreBase,
    restoreError: "",
    dismissed: null,
  };
}

/** The version that the student wants as the program, if the server has it by now; else 0. */
export function restorableVersion(program: ProgramState): number {
  const copy = copyOf(program, program.restoreRequested);
  return copy?.saved && !hasPendingWrite(program, copy) ? copy.version : 0;
}

/** A `restore` was sent with this id. */
export function recordRestore(program: ProgramState, id: string): ProgramState {
  return { ...program, restoreRequested: 0, restoreId: id };
}

/** Keeps the copy that is shown again, if it was taken from the list meanwhile: it is sent anew. */
export function keepShown(program: ProgramState): ProgramState {
  const copy = shownCopy(program);
  return copy && isDismissed(program, copy)
    ? replaceCopy(program, { ...copy, ...detachedTarget(copy.key), saved: null })
    : program;
}

/** The student takes a version from the list. */
export function dismissVersion(program: ProgramState, id: number): ProgramState {
  const row = program.server?.versions.find((version) => version.id === id);
  const held = program.copies.find(({ version }) => version === id);
  return row ? { ...program, dismissed: { ...row, source: held?.source ?? row.source } } : program;
}

/** The version dismissed last is no longer offered, or is kept again. */
export function endDismissal(program: ProgramState, isBack: boolean): ProgramState {
  const { dismissed } = program;
  const rest = { ...program, dismissed: null };
  return dismissed && isBack ? addDetached(rest, dismissed.source) : rest;
}
