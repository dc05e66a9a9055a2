// Which of the items that are here are drawn: few enough for any browser, however many there are. Pure.

import type { Item, State } from "./model";
import { isUnsettled } from "./pages";

/** So many are drawn at the end of the dialogue … */
export const SHOWN_AT_END = 100;
/** … and so many at most where the reader goes through older ones, which come in steps. */
export const MOST_SHOWN = 150;
export const SHOWN_STEP = 50;

/** The number from which on items are drawn; null: the last ones. */
export type ShownFrom = number | null;

export interface ShownItems {
  /** Cards that will change, before the items: they are always drawn. */
  before: Item[];
  items: Item[];
  /** The same, after them. */
  after: Item[];
  /** There are more that are here and not drawn. */
  hasEarlier: boolean;
  hasLater: boolean;
}

export function shownItems({ items, start }: Pick<State, "items" | "start">, from: ShownFrom) {
  const first = firstShown(items, start, from);
  const end = from === null ? items.length : Math.min(items.length, first + MOST_SHOWN);
  return {
    before: items.slice(0, first).filter((item) => item.number < start || isUnsettled(item)),
    items: items.slice(first, end),
    after: items.slice(end).filter(isUnsettled),
    hasEarlier: first > firstLoaded(items, start),
    hasLater: end < items.length,
  } satisfies ShownItems;
}

/** From where on they are drawn when the reader wants earlier ones: 0 once those must come first. */
export function earlierFrom({ items, start }: State, from: ShownFrom): number {
  const at = firstShown(items, start, from) - SHOWN_STEP;
  return at > firstLoaded(items, start) ? (items[at]?.number ?? 0) : 0;
}

/** The same for later ones; null once the end is reached. */
export function laterFrom({ items, start }: State, from: ShownFrom): ShownFrom {
  const at = firstShown(items, start, from) + SHOWN_STEP;
  return at < items.length - SHOWN_AT_END ? (items[at]?.number ?? null) : null;
}

function firstShown(items: Item[], start: number, from: ShownFrom): number {
  const loaded = firstLoaded(items, start);
  if (from === null) {
    return Math.max(loaded, items.length - SHOWN_AT_END);
  }
  return Math.max(loaded, indexOf(items, from));
}

/** The place of the first item before which there may be others that are not here. */
function firstLoaded(items: Item[], start: number): number {
  return indexOf(items, start);
}

function indexOf(items: Item[], number: number): number {
  const at = items.findIndex((item) => item.number >= number);
  return at < 0 ? items.length : at;
}
