import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetOthers, settleUser, watchUser } from "../../src/storage/currentUser";
import { Database } from "../../src/storage/database";
import { changeOf } from "../../src/storage/userCookie";
import { databases, freshBrowser } from "../support/browserDatabase";

const says = (user: string) => {
  // biome-ignore lint/suspicious/noDocumentCookie: as the server sets it
  document.cookie = `user=${user}`;
};
const pageOf = (user: string) => {
  document.documentElement.dataset.user = user;
};
const left = () => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].toSorted();
/** The database is deleted soon. */
const databasesLeft = (...users: string[]) =>
  vi.waitFor(async () =>
    expect(await databases()).toEqual(users.map((one) => `lessons-of-${one}`)),
  );
const FIRST = ["1:course/lesson.page", "1:course/lesson.page.a"];
const SECOND = ["2:course/lesson.page.b"];

beforeEach(async () => {
  freshBrowser();
  for (const user of ["1", "2"]) {
    await Database.ofLesson(`${user}:course/lesson`)?.write(new Map([["key", {}]]));
  }
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
  it("is the next user's alone", async () => {
    says("2");
    pageOf("2");
    settleUser();
    expect(left()).toEqual(SECOND);
    await databasesLeft("2");
  });

  it("is empty after a log-out", async () => {
    says("nobody");
    settleUser();
    expect(left()).toEqual([]);
    await databasesLeft();
  });

  it("is kept where a session has run out", async () => {
    says("1");
    settleUser();
    expect(left()).toEqual([...FIRST, ...SECOND]);
    await databasesLeft("1", "2");
  });

  it("is not touched by a page that comes too late", () => {
    says("2");
    pageOf("1");
    settleUser();
    expect(left()).toEqual([...FIRST, ...SECOND]);
  });

  it("loses nothing that is of no lesson", () => {
    localStorage.setItem("other", "x");
    forgetOthers("");
    expect(left()).toEqual(["other"]);
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
