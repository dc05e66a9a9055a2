import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Say } from "../src/frames";
import type { Copy } from "../src/program";
import { Drawer, UNNAMED } from "../src/storage";
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
    const drawer = new Drawer(KEY, "tab-a");
    drawer.keepCopies("one", [copy]);
    drawer.keepUnsent([say]);
    expect(new Drawer(KEY, "tab-a").copies("one")).toEqual([copy]);
    expect(new Drawer(KEY, "tab-a").unsent).toMatchObject([say]);
    drawer.keepCopies("one", []);
    drawer.keepUnsent([]);
    expect(localStorage).toHaveLength(0);
  });

  it("is not written over by another page, nor by another student or lesson", () => {
    const drawer = new Drawer(KEY, "tab-a");
    const other = new Drawer(KEY, "tab-b");
    drawer.keepCopies("one", [copy]);
    other.keepCopies("one", [{ ...copy, code: "y" }]);
    expect(drawer.copies("one")).toEqual([copy]);
    localStorage.setItem(`${KEY}.page.no name`, "{}");
    expect(other.others).toEqual(["tab-a"]);
    expect(other.leftBy("tab-a")).toEqual({ copies: { one: [copy] }, unsent: [] });
    expect(new Drawer("2:course/lesson", "tab-c").others).toEqual([]);
    expect(new Drawer("1:course/lesson-2", "tab-c").others).toEqual([]);
    other.forget("tab-a");
    expect(other.others).toEqual([]);
  });

  it("was kept by step before pages had names, and says no base then", () => {
    localStorage.setItem(`${KEY}.program.one`, JSON.stringify({ code: "old", files: {} }));
    localStorage.setItem(`${KEY}.unsent`, JSON.stringify([{ ...say, base: undefined }]));
    const drawer = new Drawer(KEY, "tab-a");
    expect(drawer.others).toEqual([UNNAMED]);
    const left = drawer.leftBy(UNNAMED);
    expect(left.copies.one).toMatchObject([{ code: "old", base: 0, version: 0 }]);
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
    const drawer = new Drawer(KEY, "tab-a");
    expect(drawer.copies("one")).toEqual([]);
    expect(drawer.copies("two")).toEqual([]);
    expect(drawer.unsent).toEqual([]);
  });

  it("is still known to the page where the browser keeps nothing", () => {
    const refuses = () => {
      throw new DOMException("No.", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", { getItem: refuses, setItem: refuses, removeItem: refuses });
    const drawer = new Drawer(KEY, "tab-a");
    expect(drawer.keepCopies("one", [copy])).toBe(false);
    expect(drawer.copies("one")).toEqual([copy]);
    drawer.forget(UNNAMED);
  });
});

describe("the name of a page", () => {
  it("is the same when the page is loaded again", () => {
    const tabs = new Tabs(KEY);
    tabs.leave();
    expect(new Tabs(KEY).page).toBe(tabs.page);
  });

  it("is another one in a tab that was duplicated", () => {
    const tabs = new Tabs(KEY);
    expect(new Tabs(KEY).page).not.toBe(tabs.page); // with a copy of the session's storage
    tabs.leave();
    tabs.comeBack();
    expect(new Tabs(KEY).page).not.toBe(tabs.page);
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
