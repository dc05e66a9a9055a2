// The program of one step as this page knows it: what the server has, what the editor may show, what
// is on its way. The rules of this folder:
//
// 1. A working copy is a text that somebody has written on and on. Its key is its own in this page,
//    so that the editor keeps its undo whatever becomes of it. One copy is the program (`main`),
//    others are kept beside it, and one of them all is shown.
// 2. A copy names what it was made from: the program at `base`, or a kept `version`. The server
//    replaces exactly that; where it is gone, it keeps the copy as another version. The frame
//    `saved` says under which target a write is stored, and the copy goes on from there.
// 3. A copy is clean if the server has all of it. Only a clean program follows the server's.
// 4. If the server's program is none of what this page wrote and the program here is not clean,
//    the two diverge: the copy stays shown, to be kept as a version, and the server's is the
//    program.
// 5. If the server's program is another copy of this page, that one is the program from now on.
// 6. A copy is forgotten only if it is clean, not shown, and no version in the server's list.
// 7. Numbers come again where a database was restored. A new connection trusts a target only where
//    the server has a text under it that this page knows; else the copy replaces nothing.
// 8. A text that replaces another one at a stroke (the author's, an earlier one, two put together)
//    says so in its cause, until something is typed. What it has replaced is sent first; where a
//    connection ends before the server has confirmed that, the next one gets it as a version.

import type { Edit } from "../protocol/frames";
import type { Source } from "./source";

/** What has made a text what it is, as frames name it. */
export type Cause = NonNullable<Edit["cause"]>;

/** The page and the browser in which a text was written; both empty where nobody knows. */
export interface Origin {
  readonly page: string;
  readonly device: string;
}

export interface ProgramVersion {
  readonly id: number;
  /** ISO 8601. */
  readonly writtenAt: string;
  readonly source: Source;
  /** Of one that the server has. */
  readonly origin?: Origin;
}

/** A step's program and its versions on the server. */
export interface ServerProgram {
  readonly revision: number;
  readonly source: Source;
  /** Kept beside it, newest first. */
  readonly versions: readonly ProgramVersion[];
}

/** The text that a write replaces, as frames name it. `page` is empty for what this page began. */
export interface WriteTarget {
  readonly base: number;
  readonly version: number;
  readonly page: string;
}

// The greatest that the server can compare; no step has so many.
const MAX_VERSION = 2 ** 31 - 1;

/** A write to this target replaces nothing and is never the program: it is kept beside. */
export function detachedTarget(key: number | string): WriteTarget {
  return { base: 0, version: MAX_VERSION, page: `apart-${key}` };
}

/** A text of this page; see rules 1 and 2. */
export interface WorkingCopy extends WriteTarget {
  readonly key: number;
  readonly source: Source;
  /** The source that the server has confirmed; null if none. */
  readonly saved: Source | null;
  /** Sources that the server may have of it besides, from before the connection or the page. */
  readonly known: readonly Source[];
  readonly cause: Cause;
  /** What the source as it stands has replaced at a stroke; null where it was typed. */
  readonly replaced: Source | null;
  /** Sources that were replaced at a stroke and that the server has not confirmed. */
  readonly unstored: readonly Source[];
  /** Of a copy that has diverged: the last source that both have come from; null if unknown. */
  readonly ancestor: Source | null;
}

/** A copy that was typed, and never replaced or parted. */
export const PLAIN = { cause: "typed", replaced: null, unstored: [], ancestor: null } as const;

/** A source on its way to the server. `key` is its copy, or 0 where there is none any more. */
export interface PendingWrite {
  readonly id: string;
  readonly key: number;
  readonly source: Source;
  readonly expectsReply: boolean;
}

/** A copy that the server does not have, as the browser keeps it: its fields are stored. */
export interface UnsavedCopy extends Source {
  readonly base: number;
  readonly version: number;
  readonly main: boolean;
  readonly shown: boolean;
  readonly known: readonly Source[];
  readonly cause?: Cause;
  readonly unstored?: readonly Source[];
}

/** One of those that can be shown: the program, where `id` is 0, or a version. `key`: its copy. */
export type VersionChoice = Pick<ProgramVersion, "id"> & { readonly key: number };

export interface ProgramState {
  /** Null until the server has said it. */
  readonly server: ServerProgram | null;
  readonly copies: readonly WorkingCopy[];
  /** Keys of copies; 0 for none. */
  readonly main: number;
  readonly shown: number;
  /** The copy that has diverged from the program, and the student has not chosen anything since. */
  readonly diverged: number;
  /** The copy to be made the program as soon as the server has it as a version. */
  readonly restoreRequested: number;
  /** The revision that it replaces: the one which the student saw then. */
  readonly restoreBase: number;
  /** The id of a `restore` on its way; else empty. */
  readonly restoreId: string;
  /** Why the last one was refused; else empty. */
  readonly restoreError: string;
  /** The version that left the list last, while it can be had back; `writtenAt` is empty if another
   *  page dismissed it. */
  readonly dismissed: ProgramVersion | null;
  readonly pendingWrites: readonly PendingWrite[];
  readonly lastKey: number;
  /** True: what the server had when the connection began, this page knew already. */
  readonly knowsServerProgram: boolean;
}

/** A step's program before the server has said anything. `unsaved`: left by an earlier visit. */
export function openProgram(unsaved: readonly UnsavedCopy[] = []): ProgramState {
  const main = unsaved.findIndex((copy) => copy.main) + 1;
  const copies = unsaved.map((copy, index) => {
    const key = index + 1;
    return { ...copyOfUnsaved(copy), key, page: key === main ? "" : detachedTarget(key).page };
  });
  return {
    server: null,
    copies,
    main,
    shown: unsaved.findIndex(({ shown }) => shown) + 1 || main,
    diverged: 0,
    restoreRequested: 0,
    restoreBase: 0,
    restoreId: "",
    restoreError: "",
    dismissed: null,
    pendingWrites: [],
    lastKey: copies.length,
    knowsServerProgram: false,
  };
}

/** The working copy of what the browser has kept. */
export function copyOfUnsaved({
  code,
  files,
  base,
  version,
  known,
  cause = "typed",
  unstored = [],
}: UnsavedCopy): Omit<WorkingCopy, "key" | "page"> {
  return { ...PLAIN, base, version, source: { code, files }, saved: null, known, cause, unstored };
}
