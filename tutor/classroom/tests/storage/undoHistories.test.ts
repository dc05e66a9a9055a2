import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { UndoHistory } from "../../src/editor/undoHistory";
import { Database } from "../../src/storage/database";
import { MAX_ALL_CHARS, UndoHistories } from "../../src/storage/undoHistories";
import { fillDatabase, freshBrowser } from "../support/browserDatabase";

const KEY = "1:course/lesson";
const ONE = { step: "one", copy: 1, path: "" };
const history = (text: string): UndoHistory => ({ text, done: [{ of: text }], undone: [] });
const held = () => Database.ofLesson(KEY)?.keys("");

async function opened(page: string, predecessor: string | null = null, conversation = 1) {
  const undo = new UndoHistories(KEY, page, conversation, Database.ofLesson(KEY));
  await undo.open(predecessor);
  return undo;
}

beforeEach(freshBrowser);
afterEach(() => vi.useRealTimers());

/** Changed, and the page left. */
async function left(page: string, ...texts: string[]): Promise<UndoHistories> {
  const undo = await opened(page);
  for (const [at, text] of texts.entries()) {
    undo.keeper({ ...ONE, copy: at + 1 }).changed(() => history(text));
  }
  undo.writeJournal();
  return undo;
}

it("goes on in the page that is loaded in its place, whatever its copies are called there", async () => {
  await left("a", "first", "second");
  const next = await opened("b", "a");
  const [mine, other] = [next.keeper({ ...ONE, copy: 7 }), next.keeper({ ...ONE, copy: 8 })];
  expect(mine.find("second")).toMatchObject(history("second"));
  expect(other.find("first")).toMatchObject(history("first"));
  expect(other.find("third")).toBeNull();
  expect(next.keeper({ ...ONE, path: "names.txt" }).find("first")).toBeNull();
  expect(next.keeper({ ...ONE, step: "two" }).find("first")).toBeNull();
});

it("goes on after one more load, also of steps that were not shown in between", async () => {
  await left("a", "first", "second");
  const next = await opened("b", "a");
  next.keeper(ONE).find("first");
  next.writeJournal();
  const last = await opened("c", "b");
  expect(last.keeper(ONE).find("first")).toMatchObject(history("first"));
  expect(last.keeper(ONE).find("second")).toMatchObject(history("second"));
});

it("is of its page alone, and goes with it", async () => {
  await left("a", "first");
  const tab = await opened("b");
  expect(tab.keeper(ONE).find("first")).toBeNull();
  expect(await tab.otherPages()).toEqual(["a"]);
  await tab.forget("a");
  expect(await tab.otherPages()).toEqual([]);
  expect((await opened("c", "a")).keeper(ONE).find("first")).toBeNull();
});

it("is no longer there once it is empty, nor in another conversation", async () => {
  const undo = await left("a", "first");
  expect((await opened("b", "a", 2)).keeper(ONE).find("first")).toBeNull();
  undo.keeper(ONE).changed(() => null);
  expect(undo.keeper(ONE).find("first")).toBeNull();
  undo.writeJournal();
  await vi.waitFor(async () => expect(await held()).toEqual([]));
  expect(localStorage).toHaveLength(0);
});

it("is made when it is kept, not at every key, and waits for no pause", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const made = vi.fn(() => history("x"));
  const undo = await opened("a");
  for (let key = 0; key < 30; key += 1) {
    undo.keeper(ONE).changed(made);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(made).toHaveBeenCalledTimes(3);
  undo.close();
});

it("keeps the newest where all together are too much", async () => {
  const long = (name: string) => name + "x".repeat(MAX_ALL_CHARS * 0.2);
  await left("a", long("1"), long("2"), long("3"));
  const next = await opened("b", "a");
  expect(next.keeper(ONE).find(long("1"))).toBeNull();
  expect(next.keeper(ONE).find(long("2"))).not.toBeNull();
  expect(next.keeper(ONE).find(long("3"))).not.toBeNull();
});

it("takes no room of what was written where there is no database", async () => {
  vi.stubGlobal("indexedDB", undefined);
  await left("a", "first");
  expect(localStorage).toHaveLength(0);
});

it("is skipped where it cannot be read", async () => {
  const whole = { step: "one", path: "", ...history("first") };
  const histories = [null, { ...whole, done: 3 }, { ...whole, text: 1 }, whole];
  const record = { conversation: 1, histories };
  await Database.ofLesson(KEY)?.write(new Map([[`${KEY}.undo.a`, record]]));
  expect((await opened("b", "a")).keeper(ONE).find("first")).toMatchObject(history("first"));
  await Database.ofLesson(KEY)?.write(new Map([[`${KEY}.undo.c`, { conversation: 1 }]]));
  expect((await opened("d", "c")).keeper(ONE).find("first")).toBeNull();
});

it("survives a page that ends before the database has it", async () => {
  const undo = await opened("a");
  undo.keeper(ONE).changed(() => history("first"));
  const makeRoom = fillDatabase();
  undo.writeJournal();
  await vi.waitFor(() => expect(localStorage).toHaveLength(1));
  makeRoom();
  expect((await opened("b", "a")).keeper(ONE).find("first")).toMatchObject(history("first"));
});
