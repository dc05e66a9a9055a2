// A step's program after a report of the server's; the rules stand in model.ts.

import {
  copyOfUnsaved,
  detachedTarget,
  type ProgramState,
  type ServerProgram,
  type UnsavedCopy,
  type WorkingCopy,
} from "./model";
import { isExtendedBy, isSameSource, type Source } from "./source";
import {
  addCopy,
  addDetached,
  copyOf,
  copyOfServer,
  includesSource,
  isClean,
  knownSources,
  pruneCopies,
  replaceCopy,
} from "./workingCopies";

/** A new connection: nothing is on its way any more. */
export function reconcileHello(program: ProgramState, server: ServerProgram): ProgramState {
  const copies = program.copies.map((copy) => ({
    ...checkedTarget(program, server, copy),
    known: knownSources(program, copy),
  }));
  // What the student wanted before the connection was lost, may not be what they want by now.
  const knowsServerProgram = copies.some(({ known }) => includesSource(known, server.source));
  const rest = { pendingWrites: [], restoreRequested: 0, restoreId: "", server: null };
  const next = reconcileProgram({ ...program, copies, knowsServerProgram, ...rest }, server);
  return keepReplaced(next, server);
}

/** Rule 8: what was replaced before the server had it, is a copy of its own from now on. */
function keepReplaced(program: ProgramState, server: ServerProgram): ProgramState {
  const lost = program.copies.flatMap(({ unstored }) => unstored);
  const copies = program.copies.map((copy) => ({ ...copy, unstored: [] }));
  return lost.reduce(
    (now, source) => keepUnlessThere(now, server, source),
    pruneCopies({ ...program, copies }),
  );
}

function keepUnlessThere(
  program: ProgramState,
  server: ServerProgram,
  source: Source,
): ProgramState {
  const all = [server, ...server.versions, ...program.copies].map((one) => one.source);
  return includesSource(all, source) ? program : addDetached(program, source);
}

/** The server says what it has. */
export function reconcileProgram(program: ProgramState, server: ServerProgram): ProgramState {
  if (program.server && server.revision < program.server.revision) {
    return program;
  }
  const next = chooseMain({ ...program, server }, server);
  // One after the other: a version is claimed by one copy only.
  return pruneCopies(
    next.copies.reduce(
      (now, copy) => replaceCopy(now, matchVersion(now, server, copy)),
      next as ProgramState,
    ),
  );
}

/** What the frame `id` wrote is stored: as the program if `version` is 0. */
export function reconcileSaved(
  program: ProgramState,
  id: string,
  revision: number,
  version: number,
): ProgramState {
  if (id === program.restoreId) {
    return { ...program, restoreId: "" }; // `program` follows
  }
  const write = program.pendingWrites.find((one) => one.id === id);
  if (!write || !program.server) {
    return program;
  }
  const next = { ...program, pendingWrites: program.pendingWrites.filter((one) => one !== write) };
  const server = { ...program.server, revision, source: write.source };
  const copy = copyOf(next, write.key);
  if (!copy) {
    return version === 0 ? reconcileProgram(next, server) : next;
  }
  const isParting = version > 0 && copy.key === program.main;
  const after = {
    ...copy,
    saved: write.source,
    known: [],
    unstored: copy.unstored.filter((source) => !isSameSource(source, write.source)),
    ancestor: isParting ? ancestorOf(copy) : copy.ancestor,
  };
  if (version > 0) {
    return keepAsVersion(next, after, version);
  }
  if (copy.key === program.main) {
    return pruneCopies({ ...replaceCopy(next, { ...after, base: revision }), server });
  }
  return reconcileProgram(
    replaceCopy(next, {
      ...after,
      base: revision,
      version: 0,
      page: detachedTarget(copy.key).page,
    }),
    server,
  );
}

/** The frame `id` was not taken; what it carried is still to be sent. */
export function reconcileRefused(program: ProgramState, id: string, why: string): ProgramState {
  return id === program.restoreId
    ? { ...program, restoreId: "", restoreError: why }
    : { ...program, pendingWrites: program.pendingWrites.filter((write) => write.id !== id) };
}

/** A page that is gone has left a copy. `page` is its own among all copies. */
export function takeOverCopy(
  program: ProgramState,
  unsaved: UnsavedCopy,
  page: string,
): ProgramState {
  const { server } = program;
  const main = copyOf(program, program.main);
  if (!server || !main) {
    return program;
  }
  const sources = [server, ...server.versions, ...program.copies].map(({ source }) => source);
  // Saved long ago, perhaps, though that page has not heard it, and written on elsewhere.
  const isOld =
    !includesSource(unsaved.known, server.source) && isExtendedBy(unsaved, server.source);
  if (isOld || sources.some((source) => isSameSource(source, unsaved))) {
    return program;
  }
  const copy = copyOfUnsaved(unsaved);
  if (unsaved.main && isClean(program, main) && includesSource(unsaved.known, server.source)) {
    const { source, cause } = copy;
    return keepLeft(replaceCopy(program, { ...main, source, cause, page }), unsaved);
  }
  const taken = { ...copy, unstored: [], key: program.lastKey + 1, page };
  return keepLeft(addCopy(program, checkedTarget(program, server, taken)), unsaved);
}

/** What a page that is gone had replaced before the server had it. */
function keepLeft(program: ProgramState, { unstored = [] }: UnsavedCopy): ProgramState {
  const { server } = program;
  return server
    ? unstored.reduce((now, source) => keepUnlessThere(now, server, source), program)
    : program;
}

// The rules

/** Rules 3 to 5: which copy is the program now. */
function chooseMain(program: ProgramState, server: ServerProgram): ProgramState {
  const { main, shown, diverged } = program;
  const old = copyOf(program, main);
  const heir = successorOf(program, server);
  // Whoever looks at a program that follows, sees the new one.
  const follows = shown === 0 || (shown === main && old !== undefined && isClean(program, old));
  const hasDiverged = shown === main && !follows && heir?.key !== main;
  const key = heir?.key ?? program.lastKey + 1;
  const copy = programCopy(program, server, heir, key);
  const parted =
    hasDiverged && old ? replaceCopy(program, { ...old, ancestor: ancestorOf(old) }) : program;
  return {
    ...(heir ? replaceCopy(parted, copy) : addCopy(parted, copy)),
    main: key,
    shown: follows ? key : shown,
    diverged: hasDiverged ? main : diverged === key ? 0 : diverged,
  };
}

/** The server's program as the copy `key`; what is written of its `heir` here stays. */
function programCopy(
  program: ProgramState,
  server: ServerProgram,
  heir: WorkingCopy | undefined,
  key: number,
): WorkingCopy {
  const stored = { ...copyOfServer(server), key };
  if (!heir) {
    return stored;
  }
  const { source, page, cause, replaced, unstored } = heir;
  const written = isClean(program, heir) ? {} : { source, page, cause, replaced };
  return { ...heir, ...stored, ...written, unstored };
}

/** The source that a program has come from that parts now: the last that the server had of it. */
function ancestorOf({ source, saved, known }: WorkingCopy): Source | null {
  return saved ?? known.find((one) => !isSameSource(one, source)) ?? null;
}

/** The copy of this page that goes on as the program; undefined if none does. */
function successorOf(program: ProgramState, { source }: ServerProgram): WorkingCopy | undefined {
  const old = copyOf(program, program.main);
  const isOurs = (copy: WorkingCopy) => includesSource(knownSources(program, copy), source);
  if (old && isOurs(old)) {
    return old;
  }
  const other = program.copies.find((copy) => copy !== old && isOurs(copy));
  return other ?? (old && isClean(program, old) ? old : undefined);
}

/** A copy beside the program, under the number that the server's list has for it. */
function matchVersion(
  program: ProgramState,
  server: ServerProgram,
  copy: WorkingCopy,
): WorkingCopy {
  const { source, versions } = server;
  if (copy.key === program.main || versions.some(({ id }) => id === copy.version)) {
    return copy;
  }
  // Stored under another name, before this page was told.
  const all = knownSources(program, copy);
  const row = versions.find(
    (one) =>
      includesSource(all, one.source) && !program.copies.some(({ version }) => version === one.id),
  );
  if (row) {
    return { ...copy, version: row.id, saved: row.source, known: [] };
  }
  const now = copy.version > 0 ? copy : checkedTarget(program, server, copy);
  return isSameSource(copy.source, source) ? { ...now, saved: source } : now;
}

/** Rule 7: the copy under a name that still says what it was made from. */
function checkedTarget(
  program: ProgramState,
  { revision, source, versions }: ServerProgram,
  copy: WorkingCopy,
): WorkingCopy {
  const all = knownSources(program, copy);
  const row = versions.find(({ id }) => id === copy.version);
  const isTrue =
    copy.version > 0
      ? row !== undefined && includesSource(all, row.source)
      : copy.base < revision || includesSource(all, source);
  return isTrue ? copy : { ...copy, ...detachedTarget(copy.key) };
}

/** The server's list names what was just kept; it says so itself a moment later. */
function listKept(
  program: ProgramState,
  { version: old, saved: source }: WorkingCopy,
  id: number,
): ProgramState {
  const { server } = program;
  if (!server || !source || server.versions.some((version) => version.id === id)) {
    return program;
  }
  const others = server.versions.filter((version) => version.id !== old);
  return {
    ...program,
    server: { ...server, versions: [{ id, writtenAt: "", source }, ...others] },
  };
}

function keepAsVersion(program: ProgramState, copy: WorkingCopy, version: number): ProgramState {
  const twin = program.copies.find((one) => one.version === version && one.key !== copy.key);
  if (twin && isClean(program, twin)) {
    const copies = program.copies.filter((one) => one !== twin);
    const shown = program.shown === twin.key ? copy.key : program.shown;
    return keepAsVersion({ ...program, copies, shown }, copy, version);
  }
  // Two copies of one name would go on as one.
  const page = twin ? detachedTarget(copy.key).page : copy.page;
  const next = listKept(replaceCopy(program, { ...copy, version, page }), copy, version);
  if (copy.key !== program.main || !program.server) {
    return pruneCopies(next);
  }
  const key = next.lastKey + 1;
  const diverged = program.shown === copy.key ? copy.key : program.diverged;
  return {
    ...addCopy(next, { ...copyOfServer(program.server), key }),
    main: key,
    diverged,
  };
}
