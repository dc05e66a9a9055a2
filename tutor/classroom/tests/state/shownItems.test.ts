import { expect, it } from "vitest";
import { initialState, type State } from "../../src/state/model";
import {
  earlierFrom,
  laterFrom,
  MOST_SHOWN,
  SHOWN_AT_END,
  type ShownFrom,
  shownItems,
} from "../../src/state/shownItems";
import { prediction, tutor } from "../support/builders";

const long: State = {
  ...initialState(),
  items: Array.from({ length: 2_000 }, (_, at) => tutor(2 * at + 2, 1)),
};
const ends = (state: State, from: ShownFrom) => {
  const { items } = shownItems(state, from);
  return [items[0]?.number, items.at(-1)?.number, items.length];
};

it("draws the last ones first", () => {
  expect(ends(long, null)).toEqual([3_802, 4_000, SHOWN_AT_END]);
  expect(shownItems(long, null)).toMatchObject({ hasEarlier: true, hasLater: false });
});

it("draws a bounded number on the way up and back, and each of them", () => {
  const seen = new Set<number>();
  const look = (from: ShownFrom) => {
    const { items } = shownItems(long, from);
    expect(items.length).toBeLessThanOrEqual(MOST_SHOWN);
    for (const { number } of items) {
      seen.add(number);
    }
    return from;
  };
  let from = look(null);
  while (shownItems(long, from).hasEarlier) {
    const before = shownItems(long, from).items[0];
    from = look(earlierFrom(long, from));
    // What was first is still there: the reader goes on from it.
    expect(shownItems(long, from).items).toContain(before);
  }
  expect(seen.size).toBe(2_000);
  expect(from).toBe(0);
  seen.clear();
  while (shownItems(long, from).hasLater) {
    const before = shownItems(long, from).items.at(-1);
    from = look(laterFrom(long, from));
    expect(shownItems(long, from).items).toContain(before);
  }
  expect(seen.size).toBe(1_950);
  expect(shownItems(long, laterFrom(long, from))).toEqual(shownItems(long, null));
});

it("draws a page that comes once the reader wants it", () => {
  const state = { ...long, start: 3_902, items: long.items.slice(-50) };
  const from = earlierFrom(state, null);
  expect(ends(state, from)).toEqual([3_902, 4_000, 50]);
  const more = { ...long, start: 3_802, items: long.items.slice(-100) };
  expect(ends(more, from)).toEqual([3_802, 4_000, 100]);
});

it("draws cards that will change, wherever they are", () => {
  const open = prediction(3);
  const over = prediction(5, { state: "right" });
  const state = { ...long, items: [long.items[0], open, over, ...long.items.slice(1)] } as State;
  expect(shownItems(state, null).before).toEqual([open]);
  expect(shownItems(state, null).items).toHaveLength(SHOWN_AT_END);
  const late = prediction(3_999);
  const other = { ...long, items: [...long.items.slice(0, -1), late, long.items.at(-1)] } as State;
  expect(shownItems(other, 0).after).toEqual([late]);
  // Beside a gap it stands alone, settled or not.
  const gap = { ...long, start: 3_902, items: [over, ...long.items.slice(-50)] };
  expect(shownItems(gap, null).before).toEqual([over]);
  expect(shownItems(gap, null).hasEarlier).toBe(false);
});
