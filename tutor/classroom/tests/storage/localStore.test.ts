import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { detachedTarget, type UnsavedCopy } from "../../src/program/model";
import type { Say } from "../../src/protocol/frames";
import { Database } from "../../src/storage/database";
import { LEGACY_PAGE } from "../../src/storage/legacyPage";
import { answerDraft, LocalStore, MESSAGE_DRAFT } from "../../src/storage/localStore";
import { databases, freshBrowser } from "../support/browserDatabase";

const KEY = "1:course/lesson";

const copy: UnsavedCopy = {
  code: "x = 1\n",
  files: { "names.txt": "Ada" },
  base: 3,
  version: 0,
  main: true,
  shown: true,
  known: [{ code: "x\n", files: {} }],
};

const say: Say = { type: "say", id: "said-1-xyz", text: "Why?", code: "", base: 3 };

async function opened(
  page: string,
  { predecessor = null as string | null, conversation = 1 } = {},
): Promise<LocalStore> {
  const store = new LocalStore(KEY, page, conversation, Database.ofLesson(KEY));
  await store.open(predecessor);
  return store;
}

/** Everything that the browser holds. */
async function held(): Promise<string[]> {
  return [...((await Database.ofLesson(KEY)?.keys("")) ?? []), ...Object.keys(localStorage)];
}

afterEach(() => vi.unstubAllGlobals());

// A browser with a database, and one without.
describe.each([true, false])("what a page has not saved (database: %s)", (hasDatabase) => {
  beforeEach(() => {
    freshBrowser();
    if (!hasDatabase) {
      vi.stubGlobal("indexedDB", undefined);
    }
  });

  it("is there when it is loaded again, and gone once it is saved", async () => {
    const store = await opened("tab-a");
    store.saveCopies("one", [copy]);
    store.saveUnsent([say]);
    store.saveDraft(MESSAGE_DRAFT, "Wh");
    store.saveDraft("two", "4");
    expect(await store.settled()).toBe(true);
    const next = await opened("tab-b", { predecessor: "tab-a" });
    await next.settled();
    expect(await next.otherPages()).toEqual([]);
    expect(next.copies("one")).toEqual([copy]);
    expect(next.unsent).toMatchObject([say]);
    expect([next.draft(MESSAGE_DRAFT), next.draft("two")]).toEqual(["Wh", "4"]);
    next.saveCopies("one", []);
    next.saveUnsent([]);
    next.saveDraft(MESSAGE_DRAFT, "");
    next.saveDraft("two", "");
    await next.settled();
    expect(await held()).toEqual([]);
  });

  it("may be an answer to a prediction; of another conversation it is none", async () => {
    const answer = { type: "answer", id: "answer-1-xyz", prediction: 3, text: null } as const;
    const store = await opened("tab-a");
    store.saveAnswers([answer]);
    store.saveDraft(answerDraft(3), "No");
    store.saveDraft(MESSAGE_DRAFT, "Wh");
    await store.settled();
    const theirs = await (await opened("tab-b", { conversation: 2 })).storedBy("tab-a");
    expect(theirs).toMatchObject({ answers: [], drafts: { "": "Wh" } });
    expect(theirs.drafts).not.toHaveProperty([answerDraft(3)]);
    const next = await opened("tab-c", { predecessor: "tab-a" });
    expect(next.answers).toEqual([answer]);
    expect(next.draft(answerDraft(3))).toBe("No");
  });

  it("is kept by two pages that were loaded in the place of one", async () => {
    const gone = await opened("tab-a");
    gone.saveCopies("one", [copy]);
    await gone.settled();
    const one = await opened("tab-b", { predecessor: "tab-a" });
    const other = await opened("tab-c", { predecessor: "tab-a" });
    other.saveCopies("one", [{ ...copy, code: "y" }]);
    other.saveCopies("one", []);
    await Promise.all([one.settled(), other.settled()]);
    expect((await (await opened("tab-d")).storedBy("tab-b")).copies.one).toEqual([copy]);
    expect(one.copies("one")).toEqual([copy]);
  });

  it("is of no name in another conversation", async () => {
    const store = await opened("tab-a");
    store.saveCopies("one", [copy]);
    store.saveUnsent([say]);
    await store.settled();
    const next = await opened("tab-b", { predecessor: "tab-a", conversation: 2 });
    const nobody = { version: detachedTarget(0).version, main: false, shown: false, known: [] };
    expect(next.copies("one")).toEqual([{ ...copy, base: 0, ...nobody }]);
    expect(next.unsent).toEqual([{ ...say, ...detachedTarget(say.id) }]);
  });

  it("is written in one page, and taken over only where the other has no draft", async () => {
    const [gone, store] = [await opened("tab-a"), await opened("tab-b")];
    gone.saveDraft(MESSAGE_DRAFT, "theirs");
    gone.saveDraft("two", "4");
    await gone.settled();
    store.saveDraft(MESSAGE_DRAFT, "mine");
    const rest = store.adoptDrafts((await store.storedBy("tab-a")).drafts);
    await store.forget("tab-a", rest);
    expect([store.draft(MESSAGE_DRAFT), store.draft("two")]).toEqual(["mine", "4"]);
    expect(await store.storedBy("tab-a")).toEqual({
      copies: {},
      unsent: [],
      answers: [],
      drafts: { [MESSAGE_DRAFT]: "theirs" },
    });
    await store.forget("tab-a");
    expect(await store.otherPages()).toEqual([]);
  });

  it("is not written over by another page, nor by another student or lesson", async () => {
    const [store, other] = [await opened("tab-a"), await opened("tab-b")];
    store.saveCopies("one", [copy]);
    other.saveCopies("one", [{ ...copy, code: "y" }]);
    await Promise.all([store.settled(), other.settled()]);
    expect(store.copies("one")).toEqual([copy]);
    localStorage.setItem(`${KEY}.page.no name`, '{"drafts": {"": "a"}}');
    expect(await other.otherPages()).toEqual(["tab-a"]);
    expect(await other.storedBy("tab-a")).toMatchObject({ copies: { one: [copy] }, unsent: [] });
    for (const key of ["2:course/lesson", "1:course/lesson-2"]) {
      const elsewhere = new LocalStore(key, "tab-c", 1, Database.ofLesson(key));
      expect(await elsewhere.otherPages()).toEqual([]);
    }
    await other.forget("tab-a");
    expect(await other.otherPages()).toEqual([]);
  });

  it("was in localStorage in releases before: with a name, or by step and without a base", async () => {
    const page = { conversation: 1, copies: { one: [copy] }, unsent: [], drafts: {} };
    localStorage.setItem(`${KEY}.page.tab-0`, JSON.stringify(page));
    localStorage.setItem(`${KEY}.program.one`, JSON.stringify({ code: "old", files: {} }));
    localStorage.setItem(`${KEY}.unsent`, JSON.stringify([{ ...say, base: undefined }]));
    localStorage.setItem(`${KEY}.draft`, "Wh");
    localStorage.setItem(`${KEY}.prediction.two`, "4");
    const store = await opened("tab-a", { predecessor: "tab-0" });
    expect(store.copies("one")).toEqual([copy]);
    expect(await store.otherPages()).toEqual([LEGACY_PAGE]);
    const left = await store.storedBy(LEGACY_PAGE);
    expect(left.copies.one).toMatchObject([{ code: "old", base: 0, main: false }]);
    expect(left.drafts).toEqual({ [MESSAGE_DRAFT]: "Wh", two: "4" });
    expect(left.unsent).toMatchObject([{ text: "Why?", base: 0 }]);
    await store.forget(LEGACY_PAGE, { [MESSAGE_DRAFT]: "Wh" });
    const [name = ""] = await store.otherPages();
    expect((await store.storedBy(name)).drafts).toEqual({ [MESSAGE_DRAFT]: "Wh" });
    await store.forget(name);
    store.close();
    await vi.waitFor(async () => expect(await held()).toEqual([]));
  });

  it("is skipped where it cannot be read, and what can be is not", async () => {
    const torn = '{"copies": {"one": [{"code": 1}, null], "two": 3}, "unsent": [{"type": "say"}]}';
    for (const [name, text] of Object.entries({ a: "nonsense", b: "null", c: "[]", d: torn })) {
      localStorage.setItem(`${KEY}.page.${name}`, text);
    }
    const whole = { conversation: 1, copies: { one: [{ code: 1 }, copy] } };
    localStorage.setItem(`${KEY}.page.e`, JSON.stringify(whole));
    const store = await opened("tab-a", { predecessor: "d" });
    expect([store.copies("one"), store.copies("two"), store.unsent]).toEqual([[], [], []]);
    expect(await store.otherPages()).toEqual(["e"]);
    expect((await store.storedBy("e")).copies).toEqual({ one: [copy] });
  });

  it("is forgotten with its user, and nothing is kept from then on", async () => {
    const [store, other] = [await opened("tab-a"), await opened("tab-b")];
    store.saveDraft(MESSAGE_DRAFT, "Wh");
    store.writeJournal();
    store.close();
    store.saveDraft(MESSAGE_DRAFT, "Why");
    store.writeJournal();
    expect(store.hasDrafts).toBe(false);
    expect(await store.otherPages()).toEqual([]);
    await vi.waitFor(async () => expect(await held()).toEqual([]));
    expect(await other.otherPages()).toEqual([]);
  });
});

it("is still known to the page where the browser keeps nothing", async () => {
  const refuses = () => {
    throw new DOMException("No.", "QuotaExceededError");
  };
  vi.stubGlobal("indexedDB", undefined);
  vi.stubGlobal("localStorage", { getItem: refuses, setItem: refuses, removeItem: refuses });
  const store = await opened("tab-a");
  expect(store.saveCopies("one", [copy])).toBe(false);
  expect(store.copies("one")).toEqual([copy]);
  expect(store.isPersistent).toBe(false);
  expect(await store.settled()).toBe(false);
  store.saveCopies("one", []);
  expect(store.isPersistent).toBe(true); // there is nothing to keep
  await store.forget(LEGACY_PAGE);
});

it("is in the database alone, which nobody makes by looking at other pages", async () => {
  freshBrowser();
  const store = new LocalStore(KEY, "tab-a", 1);
  expect(await store.otherPages()).toEqual([]);
  expect(await databases()).toEqual([]);
  const kept = await opened("tab-b");
  kept.saveCopies("one", [copy]);
  await kept.settled();
  expect(await held()).toEqual([`${KEY}.page.tab-b`]);
  expect(localStorage).toHaveLength(0);
});
