import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OpenPages } from "../../src/storage/openPages";

const KEY = "1:course/lesson";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

afterEach(() => vi.unstubAllGlobals());

describe("the name of a page", () => {
  it("is never another's, and is told to the page that is loaded in its place", () => {
    const tabs = new OpenPages(KEY);
    tabs.onLeave();
    const next = new OpenPages(KEY);
    expect(next.predecessor).toBe(tabs.name);
    expect(next.name).not.toBe(tabs.name);
  });

  it("is told to no tab that was duplicated, nor after the page has come back", () => {
    const tabs = new OpenPages(KEY);
    expect(new OpenPages(KEY).predecessor).toBeNull(); // with a copy of the session's storage
    tabs.onLeave();
    tabs.onReturn();
    expect(new OpenPages(KEY).predecessor).toBeNull();
  });

  it("can be had where the browser keeps nothing", () => {
    const refuses = () => {
      throw new DOMException("No.", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", { getItem: refuses, setItem: refuses, removeItem: refuses });
    const tabs = new OpenPages(KEY);
    tabs.onLeave();
    expect(tabs.name).not.toBe("");
  });
});

it("hears which other pages of the lesson are open", async () => {
  const [one, two, elsewhere] = [
    new OpenPages(KEY),
    new OpenPages(KEY),
    new OpenPages("1:course/other"),
  ];
  const open = await one.others();
  expect(open.has(two.name)).toBe(true);
  expect(open.has(one.name)).toBe(false);
  expect(open.has(elsewhere.name)).toBe(false);
});

it("hears when another page of the lesson has sent something that was written", async () => {
  const [one, two] = [new OpenPages(KEY), new OpenPages(KEY)];
  two.tellWritten("step");
  await one.others(); // what was said before is heard before the answers
  expect(one.lastWritten("step")).toBeGreaterThan(0);
  expect(one.lastWritten("other")).toBeNull();
  expect(two.lastWritten("step")).toBeNull();
});

it("remembers the names that a tab has had", () => {
  const first = new OpenPages(KEY);
  first.onLeave();
  const second = new OpenPages(KEY);
  second.onLeave();
  const third = new OpenPages(KEY);
  expect(third.predecessor).toBe(second.name);
  expect(third.earlier).toEqual([second.name, first.name]);
});

it("remembers as many of them as it may, the last ones", () => {
  const names: string[] = [];
  for (let load = 0; load < 60; load += 1) {
    const page = new OpenPages(KEY);
    names.unshift(page.name);
    page.onLeave();
  }
  expect(new OpenPages(KEY).earlier).toEqual(names.slice(0, 50));
});
