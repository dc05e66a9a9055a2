// The difference of two texts, in as many pieces as it takes. Pure.

export interface TextChange {
  /** The piece of the old text, counted in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

// Pairs of units that are compared; beyond it, what differs is one piece.
const MAX_PAIRS = 4_000_000;

/** The changes that make `after` of `before`, in order: by lines, and within these by words. */
export function textChanges(before: string, after: string): TextChange[] {
  const lines = changesBetween(before.match(LINE) ?? [], after.match(LINE) ?? []);
  return lines.flatMap(({ from, to, insert }) => {
    const old = before.slice(from, to);
    return changesBetween(old.match(WORD) ?? [], insert.match(WORD) ?? []).map((piece) =>
      trimmedChange(old, piece, from),
    );
  });
}

const LINE = /[^\n]*\n|[^\n]+/g;
const WORD = /\w+|[^\S\n]+|./gsu;

/** The longest common subsequence of the units stays. */
function changesBetween(before: readonly string[], after: readonly string[]): TextChange[] {
  const [head, tail] = commonEnds(before, after);
  const old = before.slice(head, before.length - tail);
  const now = after.slice(head, after.length - tail);
  const changes: TextChange[] = [];
  let from = before.slice(0, head).join("").length;
  let [i, j] = [0, 0];
  for (const [p, q] of [...commonPairs(old, now), [old.length, now.length] as const]) {
    const [gone, insert] = [old.slice(i, p).join(""), now.slice(j, q).join("")];
    if (gone || insert) {
      changes.push({ from, to: from + gone.length, insert });
    }
    from += gone.length + (old[p]?.length ?? 0);
    [i, j] = [p + 1, q + 1];
  }
  return changes;
}

/** The places of what both have, in the same order: as much as can be. */
function commonPairs(
  old: readonly string[],
  now: readonly string[],
): (readonly [number, number])[] {
  if (old.length * now.length > MAX_PAIRS) {
    return [];
  }
  const count = commonLengths(old, now);
  const pairs: (readonly [number, number])[] = [];
  for (let [i, j] = [0, 0]; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) {
      pairs.push([i, j]);
      i += 1;
      j += 1;
    } else if (count(i + 1, j) >= count(i, j + 1)) {
      i += 1;
    } else {
      j += 1;
    }
  }
  return pairs;
}

/** Lengths of the longest common subsequences of `old` from i on and `now` from j on. */
function commonLengths(
  old: readonly string[],
  now: readonly string[],
): (i: number, j: number) => number {
  const width = now.length + 1;
  const counts = new Uint32Array((old.length + 1) * width);
  const count = (i: number, j: number) => counts[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      counts[i * width + j] =
        old[i] === now[j] ? count(i + 1, j + 1) + 1 : Math.max(count(i + 1, j), count(i, j + 1));
    }
  }
  return count;
}

/** The piece without what its both ends have in common. `offset`: where `old` begins. */
function trimmedChange(old: string, { from, to, insert }: TextChange, offset: number): TextChange {
  const [head, tail] = commonEnds(old.slice(from, to), insert);
  return {
    from: offset + from + head,
    to: offset + to - tail,
    insert: insert.slice(head, insert.length - tail),
  };
}

/** Numbers of equal units at the beginning, and then at the end. */
function commonEnds<T extends string | readonly string[]>(one: T, other: T): [number, number] {
  const most = Math.min(one.length, other.length);
  let [head, tail] = [0, 0];
  while (head < most && one[head] === other[head]) {
    head += 1;
  }
  while (tail < most - head && one.at(-1 - tail) === other.at(-1 - tail)) {
    tail += 1;
  }
  return [head, tail];
}
