import { describe, expect, it } from "vitest";
import type { Items } from "../../src/protocol/frames";
import type { State } from "../../src/state/model";
import { orderOlder } from "../../src/state/pages";
import { reduce } from "../../src/state/reducer";
import { hello, prediction, seen, student, tutor } from "../support/builders";

/** Items with these numbers. */
const said = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => tutor(first + at, 1));
const numbers = ({ items }: State) => items.map(({ number }) => number);
const page = (first: number, before: number, older = true): Items => ({
  type: "items",
  items: said(first, before - 1),
  start: first,
  before,
  older,
});
const opened = seen([hello({ items: said(101, 110), start: 101, older: true })]);

describe("older items", () => {
  it("are asked for once at a time, until there are none", () => {
    expect(orderOlder(opened)).toEqual({ type: "older", before: 101 });
    const ordered = reduce(opened, { type: "older_ordered" });
    expect(orderOlder(ordered)).toBeNull();
    const more = seen([page(95, 101)], ordered);
    expect(numbers(more)).toEqual([...said(95, 110)].map(({ number }) => number));
    expect(orderOlder(more)).toEqual({ type: "older", before: 95 });
    expect(orderOlder(seen([page(1, 95, false)], more))).toBeNull();
  });

  it("may be a page on which nothing is shown", () => {
    const more = seen([{ ...page(50, 101), items: [] }], reduce(opened, { type: "older_ordered" }));
    expect(numbers(more)).toEqual(numbers(opened));
    expect(orderOlder(more)).toEqual({ type: "older", before: 50 });
  });

  it("that come too late leave no gap, and change nothing twice", () => {
    expect(numbers(seen([page(80, 90)], opened))).toEqual(numbers(opened));
    const more = seen([page(95, 101), page(95, 101)], opened);
    expect(numbers(more)).toEqual(said(95, 110).map(({ number }) => number));
  });

  it("come with their page and not alone", () => {
    const known = { type: "accepted", id: "said-40-x", item: student(40, 1) } as const;
    expect(numbers(seen([known], opened))).toEqual(numbers(opened));
  });

  it("can be asked for again after a reconnect that lost the order", () => {
    const lost = reduce(opened, { type: "older_ordered" });
    const back = seen([hello({ items: said(101, 110), start: 101, older: true })], lost);
    expect(orderOlder(back)).not.toBeNull();
  });
});

describe("after a reconnect", () => {
  const read = seen([page(60, 101)], opened);

  it("keeps what was read, with what is new", () => {
    const back = seen([hello({ items: said(105, 120), start: 105, older: true })], read);
    expect(numbers(back)).toEqual(said(60, 120).map(({ number }) => number));
    expect(orderOlder(back)).toEqual({ type: "older", before: 60 });
  });

  it("keeps nothing where something is missing in between", () => {
    const back = seen([hello({ items: said(112, 170), start: 112, older: true })], read);
    expect(numbers(back)).toEqual(said(112, 170).map(({ number }) => number));
    expect(orderOlder(back)).toEqual({ type: "older", before: 112 });
  });

  it("lets go of a card that was settled meanwhile, and of what is before it", () => {
    const items = [...said(60, 69), prediction(70), ...said(71, 100)];
    // All of the dialogue is here by then.
    const asked = seen([{ ...page(60, 101), items, older: false }], opened);
    expect(numbers(asked)).toContain(70);
    expect(orderOlder(asked)).toBeNull();
    const back = seen([hello({ items: said(101, 110), start: 101, older: true })], asked);
    expect(numbers(back)).toEqual(said(71, 110).map(({ number }) => number));
    expect(orderOlder(back)).toEqual({ type: "older", before: 71 });
  });
});

describe("a card that will change", () => {
  const old = prediction(30);
  const state = seen([hello({ items: [old, ...said(101, 110)], start: 101, older: true })]);

  it("is there though what is around it is not", () => {
    expect(numbers(state)).toEqual([30, ...said(101, 110).map(({ number }) => number)]);
    expect(orderOlder(state)).toEqual({ type: "older", before: 101 });
  });

  it("changes, and stands in its place once its page is there", () => {
    const settled = { ...old.prediction, state: "right" } as const;
    const changed = seen([{ type: "prediction", prediction: settled }], state);
    const more = seen(
      [{ ...page(20, 101), items: [...said(20, 29), old, ...said(31, 100)] }],
      changed,
    );
    expect(numbers(more)).toEqual(said(20, 110).map(({ number }) => number));
    expect(more.items[10]).toMatchObject({ prediction: { state: "right" } });
  });

  it("is no reason to send an answer again that it has", () => {
    const answer = { type: "answer", id: "answer-1", prediction: 29, text: "5" } as const;
    const sent = reduce(state, { type: "prediction_answered", answer });
    const open = hello({ items: [old, ...said(101, 110)], start: 101 });
    expect(seen([open], sent).answers).toEqual([answer]);
    expect(seen([hello({ items: said(101, 110), start: 101 })], sent).answers).toEqual([]);
  });
});
