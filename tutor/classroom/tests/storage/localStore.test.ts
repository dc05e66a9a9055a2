import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { detachedTarget, type UnsavedCopy } from "../../src/program/model";
import type { Say } from "../../src/protocol/frames";
import { answerDraft, LEGACY_PAGE, LocalStore, MESSAGE_DRAFT } from "../../src/storage/localStore";

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

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

afterEach(() => vi.unstubAllGlobals());

describe("what a page has not saved", () => {
  it("is there when it is loaded again, and gone once it is saved", () => {
    const store = new LocalStore(KEY, "tab-a", 1);
    store.saveCopies("one", [copy]);
    store.saveUnsent([say]);
    store.saveDraft(MESSAGE_DRAFT, "Wh");
    store.saveDraft("two", "4");
    const next = new LocalStore(KEY, "tab-b", 1, "tab-a");
    expect(next.otherPages).toEqual([]);
    expect(next.copies("one")).toEqual([copy]);
    expect(next.unsent).toMatchObject([say]);
    expect([next.draft(MESSAGE_DRAFT), next.draft("two")]).toEqual(["Wh", "4"]);
    next.saveCopies("one", []);
    next.saveUnsent([]);
    next.saveDraft(MESSAGE_DRAFT, "");
    next.saveDraft("two", "");
    expect(localStorage).toHaveLength(0);
  });

  it("may be an answer to a prediction; of another conversation it is none", () => {
    const answer = { type: "answer", id: "answer-1-xyz", prediction: 3, text: null } as const;
    const store = new LocalStore(KEY, "tab-a", 1);
    store.saveAnswers([answer]);
    store.saveDraft(answerDraft(3), "No");
    store.saveDraft(MESSAGE_DRAFT, "Wh");
    const other = new LocalStore(KEY, "tab-b", 2);
    expect(other.storedBy("tab-a")).toMatchObject({ answers: [], drafts: { "": "Wh" } });
    expect(other.storedBy("tab-a").drafts).not.toHaveProperty([answerDraft(3)]);
    const next = new LocalStore(KEY, "tab-c", 1, "tab-a");
    expect(next.answers).toEqual([answer]);
    expect(next.draft(answerDraft(3))).toBe("No");
  });

  it("is kept by two pages that were loaded in the place of one", () => {
    new LocalStore(KEY, "tab-a", 1).saveCopies("one", [copy]);
    const [one, other] = [
      new LocalStore(KEY, "tab-b", 1, "tab-a"),
      new LocalStore(KEY, "tab-c", 1, "tab-a"),
    ];
    other.saveCopies("one", [{ ...copy, code: "y" }]);
    other.saveCopies("one", []);
    expect(new LocalStore(KEY, "tab-d", 1).storedBy("tab-b").copies.one).toEqual([copy]);
    expect(one.copies("one")).toEqual([copy]);
  });

  it("is of no name in another conversation", () => {
    const store = new LocalStore(KEY, "tab-a", 1);
    store.saveCopies("one", [copy]);
    store.saveUnsent([say]);
    const next = new LocalStore(KEY, "tab-b", 2, "tab-a");
    const nobody = { version: detachedTarget(0).version, main: false, shown: false, known: [] };
    expect(next.copies("one")).toEqual([{ ...copy, base: 0, ...nobody }]);
    expect(next.unsent).toEqual([{ ...say, ...detachedTarget(say.id) }]);
  });

  it("is written in one page, and taken over only where the other has no draft", () => {
    const [gone, store] = [new LocalStore(KEY, "tab-a", 1), new LocalStore(KEY, "tab-b", 1)];
    gone.saveDraft(MESSAGE_DRAFT, "theirs");
    gone.saveDraft("two", "4");
    store.saveDraft(MESSAGE_DRAFT, "mine");
    const rest = store.adoptDrafts(store.storedBy("tab-a").drafts);
    store.forget("tab-a", rest);
    expect([store.draft(MESSAGE_DRAFT), store.draft("two")]).toEqual(["mine", "4"]);
    expect(store.storedBy("tab-a")).toEqual({
      copies: {},
      unsent: [],
      answers: [],
      drafts: { [MESSAGE_DRAFT]: "theirs" },
    });
    store.forget("tab-a");
    expect(store.otherPages).toEqual([]);
  });

  it("is not written over by another page, nor by another student or lesson", () => {
    const store = new LocalStore(KEY, "tab-a", 1);
    const other = new LocalStore(KEY, "tab-b", 1);
    store.saveCopies("one", [copy]);
    other.saveCopies("one", [{ ...copy, code: "y" }]);
    expect(store.copies("one")).toEqual([copy]);
    localStorage.setItem(`${KEY}.page.no name`, "{}");
    expect(other.otherPages).toEqual(["tab-a"]);
    expect(other.storedBy("tab-a")).toMatchObject({ copies: { one: [copy] }, unsent: [] });
    expect(new LocalStore("2:course/lesson", "tab-c", 1).otherPages).toEqual([]);
    expect(new LocalStore("1:course/lesson-2", "tab-c", 1).otherPages).toEqual([]);
    other.forget("tab-a");
    expect(other.otherPages).toEqual([]);
  });

  it("was kept by step before pages had names, and says no base then", () => {
    localStorage.setItem(`${KEY}.program.one`, JSON.stringify({ code: "old", files: {} }));
    localStorage.setItem(`${KEY}.unsent`, JSON.stringify([{ ...say, base: undefined }]));
    localStorage.setItem(`${KEY}.draft`, "Wh");
    localStorage.setItem(`${KEY}.prediction.two`, "4");
    const store = new LocalStore(KEY, "tab-a", 1);
    expect(store.otherPages).toEqual([LEGACY_PAGE]);
    const left = store.storedBy(LEGACY_PAGE);
    expect(left.copies.one).toMatchObject([{ code: "old", base: 0, main: false }]);
    expect(left.drafts).toEqual({ [MESSAGE_DRAFT]: "Wh", two: "4" });
    expect(left.unsent).toMatchObject([{ text: "Why?", base: 0 }]);
    store.forget(LEGACY_PAGE);
    expect(localStorage).toHaveLength(0);
  });

  it.each([
    "nonsense",
    "null",
    "[]",
    '{"copies": {"one": [{"code": 1}, null], "two": 3}, "unsent": [{"type": "say"}]}',
  ])("is nothing where the browser holds %s", (held) => {
    localStorage.setItem(`${KEY}.page.tab-a`, held);
    const store = new LocalStore(KEY, "tab-b", 1, "tab-a");
    expect(store.copies("one")).toEqual([]);
    expect(store.copies("two")).toEqual([]);
    expect(store.unsent).toEqual([]);
  });

  it("is still known to the page where the browser keeps nothing", () => {
    const refuses = () => {
      throw new DOMException("No.", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", { getItem: refuses, setItem: refuses, removeItem: refuses });
    const store = new LocalStore(KEY, "tab-a", 1);
    expect(store.saveCopies("one", [copy])).toBe(false);
    expect(store.copies("one")).toEqual([copy]);
    expect(store.isPersistent).toBe(false);
    store.saveCopies("one", []);
    expect(store.isPersistent).toBe(true); // there is nothing to keep
    store.forget(LEGACY_PAGE);
  });
});
