import { IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ANSWER_WITHIN_MS, Database } from "../../src/storage/database";
import { Records } from "../../src/storage/records";
import { RETRY_AFTER_MS, RecordWriter } from "../../src/storage/recordWriter";
import {
  fillDatabase,
  fillLocalStorage,
  freshBrowser,
  silenceDatabase,
} from "../support/browserDatabase";

const KEY = "1:course/lesson.page.a";
const NEXT = "1:course/lesson.page.b";
const database = () => Database.ofLesson(KEY);
const stored = async (key = KEY) => (await database()?.read([key]))?.[0];
const read = async (key = KEY) => (await new Records(database()).read([key]))[0];

async function afterMicrotasks(count: number, act: () => void): Promise<void> {
  for (let one = 0; one < count; one += 1) {
    await null;
  }
  act();
}

beforeEach(freshBrowser);
afterEach(() => vi.useRealTimers());

describe("what is saved", () => {
  it("is in the database at once, and nowhere else", async () => {
    const writer = new RecordWriter(database(), KEY);
    expect(writer.save({ text: "a" })).toBe(true);
    expect(await writer.settled()).toBe(true);
    expect(await stored()).toEqual({ text: "a", count: 1 });
    expect(localStorage).toHaveLength(0);
    writer.save(null);
    await writer.settled();
    expect(await stored()).toBeUndefined();
  });

  it("is written one at a time, and then only the newest", async () => {
    const put = vi.spyOn(IDBObjectStore.prototype, "put");
    const writer = new RecordWriter(database(), KEY);
    for (let one = 1; one <= 100; one += 1) {
      writer.save({ text: `${one}` });
    }
    await writer.settled();
    expect(await stored()).toEqual({ text: "100", count: 100 });
    expect(put).toHaveBeenCalledTimes(2);
  });

  it("is written also if it comes in the very moment in which the one before is confirmed", async () => {
    for (let moment = 0; moment < 12; moment += 1) {
      const real = database() as Database;
      const write = vi.spyOn(real, "write");
      const writer = new RecordWriter(real, KEY);
      write.mockImplementationOnce(async (changes) => {
        write.mockRestore();
        await real.write(changes);
        void afterMicrotasks(moment, () => writer.save({ text: `after ${moment}` }));
      });
      writer.save({ text: "before" });
      await vi.waitFor(async () =>
        expect(await stored()).toMatchObject({ text: `after ${moment}` }),
      );
    }
  });
});

describe("a page that ends", () => {
  it("leaves in the journal what the database has not confirmed, and it is the newer", async () => {
    const writer = new RecordWriter(database(), KEY);
    writer.save({ text: "a" });
    await writer.settled();
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("It is gone.", "AbortError");
    });
    writer.save({ text: "ab" });
    writer.writeJournal();
    expect(await read()).toMatchObject({ text: "ab" });
    expect(await stored()).toMatchObject({ text: "a" });
  });

  it("leaves nothing there of what is confirmed, also if it goes on", async () => {
    const writer = new RecordWriter(database(), KEY);
    writer.save({ text: "a" });
    writer.writeJournal();
    expect(localStorage).toHaveLength(1);
    await writer.settled();
    writer.writeJournal();
    expect(localStorage).toHaveLength(0);
    expect(await read()).toMatchObject({ text: "a" });
  });

  it("does not come back with what was deleted last", async () => {
    const writer = new RecordWriter(database(), KEY);
    writer.save({ text: "a" });
    await writer.settled();
    const gone = vi.spyOn(IDBObjectStore.prototype, "delete").mockImplementation(() => {
      throw new DOMException("It is gone.", "AbortError");
    });
    writer.save(null);
    writer.writeJournal();
    await writer.settled();
    gone.mockRestore();
    expect(await stored()).toMatchObject({ text: "a" });
    expect(await read()).toEqual({ count: 2 });
  });

  it("has written into the database what is newer than a journal of before", async () => {
    localStorage.setItem(KEY, JSON.stringify({ text: "old", count: 1 }));
    await database()?.write(new Map([[KEY, { text: "new", count: 2 }]]));
    expect(await read()).toMatchObject({ text: "new" });
  });

  it.each(["", "{", "null", '"text"', "[]", '{"count": "many"}'])(
    "loses nothing that is whole where the journal holds %j",
    async (torn) => {
      await database()?.write(new Map([[KEY, { text: "a", count: 1 }]]));
      localStorage.setItem(KEY, torn);
      expect(await read()).toMatchObject({ text: "a" });
    },
  );

  it("is forgotten once the next one has what it left, in both places", async () => {
    await database()?.write(new Map([[KEY, { text: "a", count: 1 }]]));
    localStorage.setItem(KEY, JSON.stringify({ text: "ab", count: 2 }));
    const writer = new RecordWriter(database(), NEXT);
    const left = await writer.takeOver(KEY);
    expect(left).toMatchObject({ text: "ab" });
    expect(await stored()).toBeDefined(); // until this page has it
    writer.save(left);
    await writer.settled();
    expect([await stored(), localStorage.length]).toEqual([undefined, 0]);
    expect(await stored(NEXT)).toMatchObject({ text: "ab" });
  });
});

describe("a browser that refuses", () => {
  it("has the journal instead, and the database as soon as it takes it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const writer = new RecordWriter(database(), KEY);
    const makeRoom = fillDatabase();
    writer.save({ text: "a" });
    expect(await writer.settled()).toBe(true);
    expect(writer.isPersistent).toBe(true);
    writer.save({ text: "ab" });
    expect(await read()).toMatchObject({ text: "ab" });
    makeRoom();
    await vi.advanceTimersByTimeAsync(RETRY_AFTER_MS);
    await writer.settled();
    expect(await stored()).toMatchObject({ text: "ab" });
    expect(localStorage).toHaveLength(0);
  });

  it("keeps nothing where both refuse, says so, and says when it keeps it again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const heard: boolean[] = [];
    const writer = new RecordWriter(database(), KEY, () => heard.push(writer.isPersistent));
    const [makeRoom] = [fillDatabase(), fillLocalStorage()];
    writer.save({ text: "a" });
    expect(await writer.settled()).toBe(false);
    expect(writer.save({ text: "ab" })).toBe(false);
    expect(heard).toEqual([false]);
    makeRoom();
    await vi.advanceTimersByTimeAsync(RETRY_AFTER_MS);
    expect(await writer.settled()).toBe(true);
    expect(heard).toEqual([false, true]);
    expect(await stored()).toMatchObject({ text: "ab" });
  });

  it("is not waited for: what it has not answered is in the journal", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    silenceDatabase();
    const writer = new RecordWriter(database(), KEY);
    localStorage.setItem(NEXT, JSON.stringify({ text: "of before", count: 1 }));
    const left = writer.takeOver(NEXT);
    await vi.advanceTimersByTimeAsync(ANSWER_WITHIN_MS);
    expect(await left).toMatchObject({ text: "of before" });
    expect(writer.save({ text: "a" })).toBe(true);
    expect(JSON.parse(localStorage.getItem(KEY) ?? "")).toMatchObject({ text: "a" });
    vi.restoreAllMocks();
    await vi.advanceTimersByTimeAsync(RETRY_AFTER_MS);
    await writer.settled();
    expect(await stored()).toMatchObject({ text: "a" });
    expect(localStorage).toHaveLength(0);
  });

  it("loses nothing of a page of before that it could not be asked for", async () => {
    await database()?.write(new Map([[KEY, { text: "a", count: 1 }]]));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    silenceDatabase();
    const writer = new RecordWriter(database(), NEXT);
    const left = writer.takeOver(KEY);
    await vi.advanceTimersByTimeAsync(ANSWER_WITHIN_MS);
    expect(await left).toBeNull();
    writer.save({ text: "b" });
    vi.restoreAllMocks();
    await vi.advanceTimersByTimeAsync(RETRY_AFTER_MS);
    await writer.settled();
    expect([await stored(), await stored(NEXT)]).toMatchObject([{ text: "a" }, { text: "b" }]);
  });
});

it("forgets everything when it is closed, also what is being written", async () => {
  const writer = new RecordWriter(database(), KEY);
  writer.save({ text: "a" });
  writer.writeJournal();
  writer.save({ text: "ab" });
  writer.close();
  writer.save({ text: "abc" });
  writer.writeJournal();
  await writer.settled();
  await vi.waitFor(async () => expect(await stored()).toBeUndefined());
  expect(localStorage).toHaveLength(0);
});
