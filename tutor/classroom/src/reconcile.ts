// How the program of a step follows what the server says; the rules stand in program.ts. Pure.

import {
  added,
  begun,
  type Copy,
  copied,
  has,
  isClean,
  nameless,
  ours,
  type Program,
  put,
  type Stored,
  type Text,
  textOf,
  tidied,
} from "./program";
import { isContinued, isSame } from "./work";

/** A new connection: nothing is on its way any more. */
export function greeted(program: Program, stored: Stored): Program {
  const texts = program.texts.map((text) => ({
    ...trusted(program, stored, text),
    known: ours(program, text),
  }));
  // What the student wanted before the line was lost, may not be what they want by now.
  const familiar = texts.some(({ known }) => has(known, stored.work));
  const rest = { writes: [], wanted: 0, restoring: "", stored: null };
  return changed({ ...program, texts, familiar, ...rest }, stored);
}

/** The server says what it has. */
export function changed(program: Program, stored: Stored): Program {
  if (program.stored && stored.revision < program.stored.revision) {
    return program;
  }
  const next = succeeded({ ...program, stored }, stored);
  // One after the other: a version is claimed by one text only.
  return tidied(
    next.texts.reduce((now, text) => put(now, placed(now, stored, text)), next as Program),
  );
}

/** What the frame `id` wrote is stored: as the program if `version` is 0. */
export function saved(program: Program, id: string, revision: number, version: number): Program {
  if (id === program.restoring) {
    return { ...program, restoring: "" }; // `program` follows
  }
  const write = program.writes.find((one) => one.id === id);
  if (!write || !program.stored) {
    return program;
  }
  const next = { ...program, writes: program.writes.filter((one) => one !== write) };
  const stored = { ...program.stored, revision, work: write.work };
  const text = textOf(next, write.key);
  if (!text) {
    return version === 0 ? changed(next, stored) : next;
  }
  const after = { ...text, saved: write.work, known: [] };
  if (version > 0) {
    return keptAs(next, after, version);
  }
  if (text.key === program.main) {
    return tidied({ ...put(next, { ...after, base: revision }), stored });
  }
  return changed(
    put(next, { ...after, base: revision, version: 0, page: nameless(text.key).page }),
    stored,
  );
}

/** The frame `id` was not taken; what it carried is still to be sent. */
export function refused(program: Program, id: string, why: string): Program {
  return id === program.restoring
    ? { ...program, restoring: "", problem: why }
    : { ...program, writes: program.writes.filter((write) => write.id !== id) };
}

/** A page that is gone has left a copy. `page` is its own among all copies. */
export function takenOver(program: Program, copy: Copy, page: string): Program {
  const { stored } = program;
  const main = textOf(program, program.main);
  if (!stored || !main) {
    return program;
  }
  const texts = [stored, ...stored.versions, ...program.texts].map(({ work }) => work);
  // Saved long ago, perhaps, though that page has not heard it, and written on elsewhere.
  const isOld = !has(copy.known, stored.work) && isContinued(copy, stored.work);
  if (isOld || texts.some((work) => isSame(work, copy))) {
    return program;
  }
  const text = copied(copy);
  if (copy.main && isClean(program, main) && has(copy.known, stored.work)) {
    return put(program, { ...main, work: text.work, page });
  }
  return added(program, trusted(program, stored, { ...text, key: program.lastKey + 1, page }));
}

// How it follows

/** Rules 3 to 5: which text is the program now. */
function succeeded(program: Program, stored: Stored): Program {
  const { main, shown, parted } = program;
  const old = textOf(program, main);
  const heir = heirOf(program, stored);
  // Whoever looks at a program that follows, sees the new one.
  const follows = shown === 0 || (shown === main && old !== undefined && isClean(program, old));
  const isParted = shown === main && !follows && heir?.key !== main;
  const key = heir?.key ?? program.lastKey + 1;
  const text = { ...(heir ?? { work: stored.work }), ...begun(stored), key };
  if (heir && !isClean(program, heir)) {
    text.work = heir.work;
    text.page = heir.page;
  }
  return {
    ...(heir ? put(program, text) : added(program, text)),
    main: key,
    shown: follows ? key : shown,
    parted: isParted ? main : parted === key ? 0 : parted,
  };
}

/** The text of this page that goes on as the program; undefined if none does. */
function heirOf(program: Program, { work }: Stored): Text | undefined {
  const old = textOf(program, program.main);
  const isOurs = (text: Text) => has(ours(program, text), work);
  if (old && isOurs(old)) {
    return old;
  }
  const other = program.texts.find((text) => text !== old && isOurs(text));
  return other ?? (old && isClean(program, old) ? old : undefined);
}

/** What the server's list says of a text beside the program. */
function placed(program: Program, stored: Stored, text: Text): Text {
  const { work, versions } = stored;
  if (text.key === program.main || versions.some(({ id }) => id === text.version)) {
    return text;
  }
  // Stored under another name, before this page was told.
  const all = ours(program, text);
  const row = versions.find(
    (one) => has(all, one.work) && !program.texts.some(({ version }) => version === one.id),
  );
  if (row) {
    return { ...text, version: row.id, saved: row.work, known: [] };
  }
  const now = text.version > 0 ? text : trusted(program, stored, text);
  return isSame(text.work, work) ? { ...now, saved: work } : now;
}

/** Rule 7: the text under a name that still says what it was made from. */
function trusted(program: Program, { revision, work, versions }: Stored, text: Text): Text {
  const all = ours(program, text);
  const row = versions.find(({ id }) => id === text.version);
  const isTrue =
    text.version > 0
      ? row !== undefined && has(all, row.work)
      : text.base < revision || has(all, work);
  return isTrue ? text : { ...text, ...nameless(text.key) };
}

/** The server's list names what was just kept; it says so itself a moment later. */
function listing(program: Program, { version: old, saved: work }: Text, id: number): Program {
  const { stored } = program;
  if (!stored || !work || stored.versions.some((version) => version.id === id)) {
    return program;
  }
  const others = stored.versions.filter((version) => version.id !== old);
  return { ...program, stored: { ...stored, versions: [{ id, writtenAt: "", work }, ...others] } };
}

function keptAs(program: Program, text: Text, version: number): Program {
  const twin = program.texts.find((one) => one.version === version && one.key !== text.key);
  if (twin && isClean(program, twin)) {
    const texts = program.texts.filter((one) => one !== twin);
    const shown = program.shown === twin.key ? text.key : program.shown;
    return keptAs({ ...program, texts, shown }, text, version);
  }
  // Two texts of one name would go on as one.
  const page = twin ? nameless(text.key).page : text.page;
  const next = listing(put(program, { ...text, version, page }), text, version);
  if (text.key !== program.main || !program.stored) {
    return tidied(next);
  }
  const key = next.lastKey + 1;
  const parted = program.shown === text.key ? text.key : program.parted;
  return { ...added(next, { ...begun(program.stored), key }), main: key, parted };
}
