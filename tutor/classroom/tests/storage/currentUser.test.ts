import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  changeOf,
  forgetOthers,
  lessonsLeft,
  settleUser,
  watchUser,
} from "../../src/storage/currentUser";

const says = (user: string) => {
  // biome-ignore lint/suspicious/noDocumentCookie: as the server sets it
  document.cookie = `user=${user}`;
};
const pageOf = (user: string) => {
  document.documentElement.dataset.user = user;
};
const left = () => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].toSorted();
const FIRST = ["1:course/lesson.page", "1:course/lesson.page.a"];
const SECOND = ["2:course/lesson.page.b"];

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  localStorage.setItem("1:course/lesson.page.a", "{}");
  localStorage.setItem("2:course/lesson.page.b", "{}");
  sessionStorage.setItem("1:course/lesson.page", "a");
});

afterEach(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: as the server sets it
  document.cookie = "user=; max-age=0";
  delete document.documentElement.dataset.user;
  localStorage.clear();
  sessionStorage.clear();
});

describe("the user of a page", () => {
  it("is there until the cookie says something else", () => {
    expect(changeOf("1")).toBeNull();
    says("1");
    expect(changeOf("1")).toBeNull();
    says("2");
    expect(changeOf("1")).toBe("replaced");
    says("nobody");
    expect(changeOf("1")).toBe("logged_out");
  });
});

describe("the storage", () => {
  it("is the next user's alone", () => {
    says("2");
    pageOf("2");
    settleUser();
    expect(left()).toEqual(SECOND);
  });

  it("is empty after a log-out", () => {
    says("nobody");
    settleUser();
    expect(left()).toEqual([]);
  });

  it("is kept where a session has run out", () => {
    says("1");
    settleUser();
    expect(left()).toEqual([...FIRST, ...SECOND]);
  });

  it("is not touched by a page that comes too late", () => {
    says("2");
    pageOf("1");
    settleUser();
    expect(left()).toEqual([...FIRST, ...SECOND]);
  });

  it("loses nothing that is of no lesson, and says which lessons left something", () => {
    localStorage.setItem("other", "x");
    expect(lessonsLeft("1")).toEqual(["course/lesson"]);
    forgetOthers("");
    expect(left()).toEqual(["other"]);
    expect(lessonsLeft("1")).toEqual([]);
  });
});

describe("a page that is open", () => {
  const wakes = () =>
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));

  it("hears of a log-out at once, and once", async () => {
    pageOf("1");
    const heard = vi.fn();
    watchUser(heard);
    says("nobody");
    delete document.documentElement.dataset.user;
    settleUser();
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith("logged_out"));
    wakes();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("looks when it comes back as it was, and forgets what was its user's", () => {
    pageOf("1");
    const heard = vi.fn();
    watchUser(heard);
    wakes();
    expect(heard).not.toHaveBeenCalled();
    says("2");
    wakes();
    expect(heard).toHaveBeenCalledWith("replaced");
    expect(left()).toEqual(SECOND);
  });
});
