import { beforeEach, expect, it } from "vitest";
import { Database } from "../../src/storage/database";
import { lessonsLeft } from "../../src/storage/lessonsLeft";
import { databases, freshBrowser } from "../support/browserDatabase";

const put = (key: string, value: unknown) =>
  Database.ofLesson(key)?.write(new Map([[key, value]])) ?? Promise.resolve();
const draft = { conversation: 3, drafts: { "": "Wh" } };

beforeEach(freshBrowser);

it("names each lesson of the user's once, wherever something of it is kept", async () => {
  await put("1:course/one.page.a", draft);
  await put("1:course/one.page.b", draft);
  localStorage.setItem("1:course/one.page.c", JSON.stringify(draft));
  localStorage.setItem("1:course/two.page.a", JSON.stringify(draft));
  localStorage.setItem("1:course/three.program.step", "{}");
  await put("2:course/four.page.a", draft);
  expect(await lessonsLeft("1")).toEqual(["course/one", "course/two", "course/three"]);
});

it("names none of which nothing is left but its undo, or a page that was stored since", async () => {
  await put("1:course/one.undo.a", { histories: [] });
  await put("1:course/one.page.a", { ...draft, count: 1 });
  localStorage.setItem("1:course/one.page.a", JSON.stringify({ count: 2 }));
  expect(await lessonsLeft("1")).toEqual([]);
});

it("makes no database by looking", async () => {
  expect(await lessonsLeft("1")).toEqual([]);
  expect(await databases()).toEqual([]);
});
