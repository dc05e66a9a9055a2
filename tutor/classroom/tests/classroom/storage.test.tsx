import { redo, undo } from "@codemirror/commands";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Database } from "../../src/storage/database";
import { fillDatabase, fillLocalStorage, freshBrowser } from "../support/browserDatabase";
import { hello, page, step, view } from "../support/builders";
import {
  classroom,
  clicks,
  connectionFound,
  connectionLost,
  draw,
  editor,
  heard,
  leave,
  open,
  reopen,
  saves,
  says,
  types,
} from "../support/classroom";

const lesson = page(step("one"), step("two"));
const greets = (code: string, revision = 1) =>
  hello({
    steps: [view("one", { code, revision, state: "begun" }), view("two", { code: "b = 1\n" })],
  });
/** Keys of what pages have left in the database. */
const pagesKept = () => Database.ofLesson(lesson.storage_key)?.keys(`${lesson.storage_key}.page.`);
const shown = () => editor().state.doc.toString();
const mark = () => document.querySelector(".saved-mark")?.textContent;
const does = (command: typeof undo) =>
  act(() => {
    command(editor());
    draw();
  });

/** All of the editor's text goes, and the server has stored that. */
async function clears(): Promise<void> {
  await act(() => {
    editor().dispatch({ changes: { from: 0, to: editor().state.doc.length } });
    classroom.programs.save();
    draw();
  });
  await saves("one", 2);
}

beforeEach(async () => {
  freshBrowser();
  await open(lesson);
});
afterEach(() => {
  vi.useRealTimers();
  leave();
});

describe("undo", () => {
  it("brings back after a reload what was deleted before", async () => {
    await says(greets("a = 1\n"));
    await clears();
    await reopen(lesson);
    await says(greets("", 2));
    expect(shown()).toBe("");
    await does(undo);
    expect(shown()).toBe("a = 1\n");
    expect(classroom.programs.shownSource(classroom.step)?.code).toBe("a = 1\n");
    await reopen(lesson);
    await says(greets("", 2));
    expect(shown()).toBe("a = 1\n"); // the server did not hear of it
    await does(redo);
    expect(shown()).toBe("");
  });

  it("is each step's own, also over a reload and a look at the other", async () => {
    await says(greets("a = 1\n"));
    await types("# one\n");
    await act(() => {
      classroom.goToStep("two");
      draw();
    });
    await types("# two\n");
    await reopen(lesson);
    await says(greets("a = 1\n"));
    await act(() => {
      classroom.goToStep("two");
      draw();
    });
    await does(undo);
    expect(shown()).toBe("b = 1\n");
    await act(() => {
      classroom.goToStep("one");
      draw();
    });
    expect(shown()).toBe("# one\na = 1\n");
    await does(undo);
    expect(shown()).toBe("a = 1\n");
  });

  it("undoes nothing of before where somebody else has written meanwhile", async () => {
    await says(greets("a = 1\n"));
    await clears();
    await reopen(lesson);
    await says(greets("theirs\n", 3));
    await does(undo);
    expect(shown()).toBe("theirs\n");
  });

  it("is not another tab's", async () => {
    await says(greets("a = 1\n"));
    await clears();
    await reopen(lesson, { inTab: "another" });
    await says(greets("", 2));
    await does(undo);
    expect(shown()).toBe("");
  });
});

describe("what is typed", () => {
  it("reaches the server within a second, also while somebody types on and on", async () => {
    await says(greets("a = 1\n"));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (let key = 0; key < 50; key += 1) {
      await types("x");
      await vi.advanceTimersByTimeAsync(100);
    }
    const sent = [0, ...heard("edit").map(({ code }) => code.length - "a = 1\n".length)];
    const waited = sent.slice(1).map((count, at) => count - (sent[at] ?? 0));
    expect(sent.at(-1)).toBeGreaterThan(40);
    expect(Math.max(...waited)).toBeLessThanOrEqual(10); // keys, ten of them in a second
  });

  it("is kept in the browser where it is too long to be sent, and not said to be on its way", async () => {
    await says(greets("a = 1\n"));
    await types("x".repeat(64_001));
    expect(await classroom.store.settled()).toBe(true);
    await act(draw);
    expect(mark()).toBe("Kept in this browser");
  });

  it("comes back whole after an hour offline and a page that ended in between", async () => {
    await says(greets("a = 1\n"));
    await connectionLost();
    for (let line = 0; line < 60; line += 1) {
      await types(`line ${line}\n`);
      expect(await classroom.store.settled()).toBe(true);
    }
    const written = shown();
    expect(mark()).toBe("Kept in this browser");
    const [kept = ""] = (await pagesKept()) ?? [];
    expect(localStorage.getItem(kept)).toBeNull();
    await reopen(lesson);
    expect(classroom.store.copies("one")).toMatchObject([{ code: written }]);
    await says(greets("a = 1\n"));
    expect(shown()).toBe(written);
    expect(heard("edit")).toMatchObject([{ code: written, base: 1 }]);
    await saves("one", 2);
    await classroom.store.settled();
    expect(await pagesKept()).toEqual([]);
  });

  it("survives a page that ends before the database has answered", async () => {
    await says(greets("a = 1\n"));
    await connectionLost();
    const makeRoom = fillDatabase();
    classroom.edit("one", 1, "", "a = 1\n", "mine a = 1\n");
    document.dispatchEvent(new Event("freeze"));
    expect(Object.values(localStorage).join()).toContain("mine a = 1");
    await classroom.store.settled();
    makeRoom();
    await reopen(lesson);
    await says(greets("a = 1\n"));
    expect(shown()).toBe("mine a = 1\n");
  });
});

it("is left where it is by a page that takes it over and cannot keep it", async () => {
  await says(greets("a = 1\n"));
  await connectionLost();
  await types("mine ");
  await classroom.store.settled();
  const left = await pagesKept();
  expect(left).toHaveLength(1);
  await reopen(lesson, { inTab: "another" });
  fillDatabase();
  fillLocalStorage();
  await says(greets("a = 1\n"));
  // Sent once all of it was taken over.
  await vi.waitFor(() => expect(heard("edit")).toMatchObject([{ code: "mine a = 1\n" }]));
  expect(await pagesKept()).toEqual(left);
});

it("is said to be kept only where it is, and again when it is", async () => {
  await says(greets("a = 1\n"));
  await connectionLost();
  const makeRoom = [fillDatabase(), fillLocalStorage()];
  await types("mine ");
  await classroom.store.settled();
  await act(draw);
  expect(mark()).toBe("Not saved");
  for (const make of makeRoom) {
    make();
  }
  await types("more ");
  await classroom.store.settled();
  await act(draw);
  expect(mark()).toBe("Kept in this browser");
  await connectionFound();
  await clicks("Run");
});
