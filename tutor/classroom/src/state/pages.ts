// The part of the dialogue that is here: its end, and older pages that were asked for. Pure.
//
// 1. From number `start` on every item is here. Before it only predictions that were unsettled when
//    hello came: they are to be answered, or will change.
// 2. After a reconnect older items are kept if nothing is missing between them and what hello brings.
//    A prediction among them that was unsettled and that hello does not name has been settled
//    meanwhile: it goes, with what is before it, and comes again when it is asked for.
// 3. One page is asked for at a time.

import type { Hello, Items, Older } from "../protocol/frames";
import { insertItem } from "./dialogue";
import type { Item, State } from "./model";

type Pages = Pick<State, "items" | "start" | "older" | "olderOrder">;

export function pagesAfterHello(state: State, hello: Hello): Pages {
  const fresh = { items: hello.items, start: hello.start, older: hello.older, olderOrder: 0 };
  const last = state.items.at(-1)?.number ?? 0;
  if (last + 1 < hello.start) {
    return fresh;
  }
  const before = state.items.filter(({ number }) => number >= state.start && number < hello.start);
  const named = new Set(hello.items.map(({ number }) => number));
  const outdated = before.findLast((item) => isUnsettled(item) && !named.has(item.number));
  const start = outdated ? outdated.number + 1 : state.start;
  const kept = before.filter(({ number }) => number >= start && !named.has(number));
  if (kept.length === 0) {
    return fresh;
  }
  const items = [...kept, ...hello.items].toSorted((one, other) => one.number - other.number);
  return { items, start, older: outdated ? true : state.older, olderOrder: 0 };
}

/** The order for the page before those that are here; null if there is none, or it was given. */
export function orderOlder(state: State): Older | null {
  return state.older && state.olderOrder === 0 ? { type: "older", before: state.start } : null;
}

export function addOlder(state: State, came: Items): State {
  const known = { ...state, olderOrder: came.before === state.olderOrder ? 0 : state.olderOrder };
  if (came.before < state.start || came.start >= state.start) {
    return known; // there would be a gap; or nothing of it is new
  }
  const items = came.items.filter(({ number }) => number < state.start);
  return {
    ...known,
    items: items.reduce(insertItem, state.items),
    start: came.start,
    older: came.older,
  };
}

/** Will this card change? Then it is followed, however old it is. */
export function isUnsettled(item: Item): boolean {
  return (
    item.kind === "prediction" &&
    (item.prediction.state === "open" || item.prediction.state === "comparing")
  );
}
