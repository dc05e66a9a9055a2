import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ANSWER_WITHIN_MS, Database, deleteOtherDatabases } from "../../src/storage/database";
import { databases, fillDatabase, freshBrowser, silenceDatabase } from "../support/browserDatabase";

const KEY = "1:course/lesson";
const says = (user: string) => {
  // biome-ignore lint/suspicious/noDocumentCookie: as the server sets it
  document.cookie = `user=${user}`;
};
const database = (key = KEY) => Database.ofLesson(key) as Database;
const put = (key: string, value: unknown) => new Map([[key, value]]);

beforeEach(freshBrowser);
afterEach(() => {
  vi.useRealTimers();
  // biome-ignore lint/suspicious/noDocumentCookie: as the server sets it
  document.cookie = "user=; max-age=0";
});

describe("the database", () => {
  it("has what was written, in any page of the user's, and lists it", async () => {
    await database().write(
      new Map([
        [`${KEY}.page.a`, { one: 1 }],
        [`${KEY}.undo.a`, { two: 2 }],
      ]),
    );
    const other = database();
    expect(await other.read([`${KEY}.page.a`, `${KEY}.page.b`])).toEqual([{ one: 1 }, undefined]);
    expect(await other.keys(`${KEY}.page.`)).toEqual([`${KEY}.page.a`]);
    expect(await database("2:course/lesson").keys("")).toEqual([]);
    expect(await databases()).toEqual(["lessons-of-1", "lessons-of-2"]);
  });

  it("writes all or nothing, and says why not", async () => {
    const one = database();
    await one.write(put("kept", { old: true }));
    const makeRoom = fillDatabase();
    const changes = new Map<string, unknown>([
      ["kept", null],
      ["new", {}],
    ]);
    await expect(one.write(changes)).rejects.toMatchObject({ name: "QuotaExceededError" });
    makeRoom();
    await one.write(put("new", { room: true }));
    expect(await one.read(["kept", "new"])).toEqual([{ old: true }, { room: true }]);
  });

  it("does not hold up a page that deletes it, and is opened again", async () => {
    const one = database();
    await one.write(put("key", {}));
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase("lessons-of-1");
      request.onsuccess = resolve;
      request.onblocked = reject;
    });
    await one.write(put("again", {}));
    expect(await one.keys("")).toEqual(["again"]);
  });

  it("is opened again where the browser has closed it without a word", async () => {
    const one = database();
    const opened = vi.spyOn(indexedDB, "open");
    await one.write(put("key", {}));
    (opened.mock.results[0]?.value as IDBOpenDBRequest | undefined)?.result.close();
    await one.write(put("again", {}));
    expect(await one.keys("")).toEqual(["again", "key"]);
  });

  it("is given up in bounded time where the browser does not answer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    silenceDatabase();
    const asked = expect(database().read(["key"])).rejects.toThrow("did not answer");
    await vi.advanceTimersByTimeAsync(ANSWER_WITHIN_MS);
    await asked;
  });

  it("is none where the browser has none, or could not forget those of others", () => {
    expect(Database.ofLesson("nobody")).toBeNull();
    vi.stubGlobal("indexedDB", { open: () => {} });
    expect(Database.ofLesson(KEY)).toBeNull();
    vi.stubGlobal("indexedDB", undefined);
    expect(Database.ofLesson(KEY)).toBeNull();
  });
});

describe("the database of somebody who is gone", () => {
  it("is deleted though a page of theirs writes, and is not opened again", async () => {
    const theirs = database();
    await theirs.write(put("key", {}));
    await database("2:course/lesson").write(put("key", {}));
    says("2");
    const late = theirs.write(put("late", {}));
    await deleteOtherDatabases("2");
    await late.catch(() => {});
    await expect(theirs.write(put("later", {}))).rejects.toThrow("no longer");
    expect(await databases()).toEqual(["lessons-of-2"]);
  });

  it("is gone again where it was about to be opened", async () => {
    const late = database().write(put("key", {}));
    says("nobody");
    await expect(late).rejects.toThrow("no longer");
    await vi.waitFor(async () => expect(await databases()).toEqual([]));
  });

  it("is not made by looking for it", async () => {
    expect(await Database.existing("1")).toBeNull();
    expect(await databases()).toEqual([]);
    await database().write(put("key", {}));
    expect(await (await Database.existing("1"))?.keys("")).toEqual(["key"]);
  });
});
