import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Say } from "../src/frames";
import { type Copy, nameless } from "../src/program";
import { Drawer, MESSAGE, UNNAMED } from "../src/storage";
import { Tabs } from "../src/tabs";

const KEY = "1:course/lesson";
const copy: Copy = {
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
    const drawer = new Drawer(KEY, "tab-a", 1);
    drawer.keepCopies("one", [copy]);
    drawer.keepUnsent([say]);
    drawer.keepDraft(MESSAGE, "Wh");
    drawer.keepDraft("two", "4");
    const next = new Drawer(KEY, "tab-b", 1, "tab-a");
    expect(next.others).toEqual([]);
    expect(next.copies("one")).toEqual([copy]);
    expect(next.unsent).toMatchObject([say]);
    expect([next.draft(MESSAGE), next.draft("two")]).toEqual(["Wh", "4"]);
    next.keepCopies("one", []);
    next.keepUnsent([]);
    next.keepDraft(MESSAGE, "");
    next.keepDraft("two", "");
    expect(localStorage).toHaveLength(0);
  });

  it("is kept by two pages that were loaded in the place of one", () => {
    new Drawer(KEY, "tab-a", 1).keepCopies("one", [copy]);
    const [one, other] = [
      new Drawer(KEY, "tab-b", 1, "tab-a"),
      new Drawer(KEY, "tab-c", 1, "tab-a"),
    ];
    other.keepCopies("one", [{ ...copy, code: "y" }]);
    other.keepCopies("one", []);
    expect(new Drawer(KEY, "tab-d", 1).leftBy("tab-b").copies.one).toEqual([copy]);
    expect(one.copies("one")).toEqual([copy]);
  });

  it("is of no name in another conversation", () => {
    const drawer = new Drawer(KEY, "tab-a", 1);
    drawer.keepCopies("one", [copy]);
    drawer.keepUnsent([say]);
    const next = new Drawer(KEY, "tab-b", 2, "tab-a");
    const nobody = { version: nameless(0).version, main: false, shown: false, known: [] };
    expect(next.copies("one")).toEqual([{ ...copy, base: 0, ...nobody }]);
    expect(next.unsent).toEqual([{ ...say, ...nameless(say.id) }]);
  });

  it("is written in one page, and taken over only where the other has no draft", () => {
    const [gone, drawer] = [new Drawer(KEY, "tab-a", 1), new Drawer(KEY, "tab-b", 1)];
    gone.keepDraft(MESSAGE, "theirs");
    gone.keepDraft("two", "4");
    drawer.keepDraft(MESSAGE, "mine");
    const rest = drawer.takeDrafts(drawer.leftBy("tab-a").drafts);
    drawer.forget("tab-a", rest);
    expect([drawer.draft(MESSAGE), drawer.draft("two")]).toEqual(["mine", "4"]);
    expect(drawer.leftBy("tab-a")).toEqual({
      copies: {},
      unsent: [],
      drafts: { [MESSAGE]: "theirs" },
    });
    drawer.forget("tab-a");
    expect(drawer.others).toEqual([]);
  });

  it("is not written over by another page, nor by another student or lesson", () => {
    const drawer = new Drawer(KEY, "tab-a", 1);
    const other = new Drawer(KEY, "tab-b", 1);
    drawer.keepCopies("one", [copy]);
    other.keepCopies("one", [{ ...copy, code: "y" }]);
    expect(drawer.copies("one")).toEqual([copy]);
    localStorage.setItem(`${KEY}.page.no name`, "{}");
    expect(other.others).toEqual(["tab-a"]);
    expect(other.leftBy("tab-a")).toMatchObject({ copies: { one: [copy] }, unsent: [] });
    expect(new Drawer("2:course/lesson", "tab-c", 1).others).toEqual([]);
    expect(new Drawer("1:course/lesson-2", "tab-c", 1).others).toEqual([]);
    other.forget("tab-a");
    expect(other.others).toEqual([]);
  });

  it("was kept by step before pages had names, and says no base then", () => {
    localStorage.setItem(`${KEY}.program.one`, JSON.stringify({ code: "old", files: {} }));
    localStorage.setItem(`${KEY}.unsent`, JSON.stringify([{ ...say, base: undefined }]));
    localStorage.setItem(`${KEY}.draft`, "Wh");
    localStorage.setItem(`${KEY}.prediction.two`, "4");
    const drawer = new Drawer(KEY, "tab-a", 1);
    expect(drawer.others).toEqual([UNNAMED]);
    const left = drawer.leftBy(UNNAMED);
    expect(left.copies.one).toMatchObject([{ code: "old", base: 0, main: false }]);
    expect(left.drafts).toEqual({ [MESSAGE]: "Wh", two: "4" });
    expect(left.unsent).toMatchObject([{ text: "Why?", base: 0 }]);
    drawer.forget(UNNAMED);
    expect(localStorage).toHaveLength(0);
  });

  it.each([
    "nonsense",
    "null",
    "[]",
    '{"copies": {"one": [{"code": 1}, null], "two": 3}, "unsent": [{"type": "say"}]}',
  ])("is nothing where the browser holds %s", (held) => {
    localStorage.setItem(`${KEY}.page.tab-a`, held);
    const drawer = new Drawer(KEY, "tab-b", 1, "tab-a");
    expect(drawer.copies("one")).toEqual([]);
    expect(drawer.copies("two")).toEqual([]);
    expect(drawer.unsent).toEqual([]);
  });

  it("is still known to the page where the browser keeps nothing", () => {
    const refuses = () => {
      throw new DOMException("No.", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", { getItem: refuses, setItem: refuses, removeItem: refuses });
    const drawer = new Drawer(KEY, "tab-a", 1);
    expect(drawer.keepCopies("one", [copy])).toBe(false);
    expect(drawer.copies("one")).toEqual([copy]);
    expect(drawer.isKept).toBe(false);
    drawer.keepCopies("one", []);
    expect(drawer.isKept).toBe(true); // there is nothing to keep
    drawer.forget(UNNAMED);
  });
});

describe("the name of a page", () => {
  it("is never another's, and is told to the page that is loaded in its place", () => {
    const tabs = new Tabs(KEY);
    tabs.leave();
    const next = new Tabs(KEY);
    expect(next.before).toBe(tabs.page);
    expect(next.page).not.toBe(tabs.page);
  });

  it("is told to no tab that was duplicated, nor after the page has come back", () => {
    const tabs = new Tabs(KEY);
    expect(new Tabs(KEY).before).toBeNull(); // with a copy of the session's storage
    tabs.leave();
    tabs.comeBack();
    expect(new Tabs(KEY).before).toBeNull();
  });

  it("can be had where the browser keeps nothing", () => {
    const refuses = () => {
      throw new DOMException("No.", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", { getItem: refuses, setItem: refuses, removeItem: refuses });
    const tabs = new Tabs(KEY);
    tabs.leave();
    expect(tabs.page).not.toBe("");
  });
});

it("hears which other pages of the lesson are open", async () => {
  const [one, two, elsewhere] = [new Tabs(KEY), new Tabs(KEY), new Tabs("1:course/other")];
  const open = await one.others();
  expect(open.has(two.page)).toBe(true);
  expect(open.has(one.page)).toBe(false);
  expect(open.has(elsewhere.page)).toBe(false);
});
