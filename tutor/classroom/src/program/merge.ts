// Two programs put together by lines, over the one that both have come from where it is known. Pure.
// It is loaded with what shows it, and not before.

import { diff3Merge, diffComm } from "node-diff3";
import { fileText, normalizeText, type Source } from "./source";

/** A place where both texts stand, one after the other. Numbers of lines, from 0; `end` is beyond. */
export interface Conflict {
  readonly mine: number;
  readonly theirs: number;
  readonly end: number;
}

export interface MergedText {
  readonly text: string;
  readonly conflicts: readonly Conflict[];
}

/** By path; the program's is empty. */
export type MergedFiles = ReadonlyMap<string, MergedText>;

type Lines = string[];
type Part = { both: Lines } | { mine: Lines; theirs: Lines };

// Pairs of lines that are compared at most; beyond it, all that differs is one conflict.
const MAX_PAIRS = 10_000_000;

/** The program and all files of either. */
export function mergeSources(ancestor: Source | null, mine: Source, theirs: Source): MergedFiles {
  const paths = new Set(["", ...Object.keys(mine.files), ...Object.keys(theirs.files)]);
  const merged = [...paths].map((path) => {
    const old = ancestor && fileText(ancestor, path);
    return [path, mergeTexts(old, fileText(mine, path), fileText(theirs, path))] as const;
  });
  return new Map(merged);
}

/**
 * What both have in common, and what either has changed since `ancestor`; conflicts where both have changed
 * the same. Without an ancestor, nothing is left out of either text.
 */
export function mergeTexts(ancestor: string | null, mine: string, theirs: string): MergedText {
  const [a, b] = [toLines(mine), toLines(theirs)];
  const o = ancestor === null ? null : toLines(ancestor);
  const all = o ? [a, b, o] : [a, b];
  const [head, tail] = commonEnds(all);
  const middle = (lines: Lines) => lines.slice(head, lines.length - tail);
  const parts = mergeLines(o && middle(o), middle(a), middle(b));
  return joined([{ both: a.slice(0, head) }, ...parts, { both: tail > 0 ? a.slice(-tail) : [] }]);
}

function toLines(text: string): Lines {
  return normalizeText(text).split("\n");
}

/** Numbers of equal lines at the beginning, and then at the end. */
function commonEnds([first = [], ...others]: readonly Lines[]): [number, number] {
  const most = Math.min(first.length, ...others.map(({ length }) => length));
  let [head, tail] = [0, 0];
  while (head < most && others.every((lines) => lines[head] === first[head])) {
    head += 1;
  }
  while (
    tail < most - head &&
    others.every((lines) => lines.at(-1 - tail) === first.at(-1 - tail))
  ) {
    tail += 1;
  }
  return [head, tail];
}

function mergeLines(o: Lines | null, a: Lines, b: Lines): Part[] {
  const pairs = o ? o.length * Math.max(a.length, b.length) : a.length * b.length;
  if (pairs > MAX_PAIRS) {
    return [{ mine: a, theirs: b }];
  }
  return o ? mergeOver(o, a, b) : mergeTwo(a, b);
}

function mergeOver(o: Lines, a: Lines, b: Lines): Part[] {
  return diff3Merge(a, o, b, { excludeFalseConflicts: true }).map(({ ok, conflict }) =>
    conflict ? { mine: conflict.a, theirs: conflict.b } : { both: ok ?? [] },
  );
}

/** What only one of them has in a place, is taken. */
function mergeTwo(a: Lines, b: Lines): Part[] {
  return diffComm(a, b).map(({ common, buffer1 = [], buffer2 = [] }) =>
    buffer1.length > 0 && buffer2.length > 0
      ? { mine: buffer1, theirs: buffer2 }
      : { both: common ?? [...buffer1, ...buffer2] },
  );
}

function joined(parts: readonly Part[]): MergedText {
  const lines: Lines = [];
  const conflicts: Conflict[] = [];
  for (const part of parts) {
    if ("both" in part) {
      lines.push(...part.both);
    } else {
      const mine = lines.length;
      const theirs = mine + part.mine.length;
      lines.push(...part.mine, ...part.theirs);
      conflicts.push({ mine, theirs, end: lines.length });
    }
  }
  return { text: lines.join("\n"), conflicts };
}
