import { undo } from "@codemirror/commands";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "../../src/history/dialogs";
import type { Revision } from "../../src/history/revisions";
import { hello, page, step, view } from "../support/builders";
import {
  button,
  classroom,
  clicks,
  draw,
  editor,
  heard,
  leave,
  open,
  says,
  types,
} from "../support/classroom";

const lesson = page(step("one"));
const greets = hello({ steps: [view("one", { code: "now = 1\n" })] });
const TEXTS: Record<number, string> = { 2: "now = 1\n", 1: "old = 1\n" };
const { showModal, close } = HTMLDialogElement.prototype;
let history: () => Promise<Response>;

function revision(number: number): Revision {
  const { device } = classroom.openPages;
  const time = "2026-11-28T10:00:00Z";
  const code = TEXTS[number] ?? "";
  const made = { cause: "typed", page: "another", device, version: 0 };
  return { number, begun_at: time, written_at: time, ...made, chars: code.length, lines: 1 };
}

const json = (body: unknown, status = 200) =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));

/** What was asked for has come, and is drawn. */
async function loaded(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await act(async () => {
      await new Promise((resolve) => setTimeout(resolve));
      draw();
    });
  }
}

const saved = (id = "", revision = 0) =>
  ({ type: "saved", id, step: "one", revision, version: 0 }) as const;

const dialog = () => document.querySelector("dialog.large");

beforeEach(async () => {
  HTMLDialogElement.prototype.showModal = () => {}; // jsdom has none
  HTMLDialogElement.prototype.close = function () {
    this.dispatchEvent(new Event("close"));
  };
  await open(lesson);
  await says(greets);
  vi.stubGlobal("matchMedia", () => ({
    matches: true,
    addEventListener() {},
    removeEventListener() {},
  }));
  history = () => json({ revisions: [revision(2), revision(1)] });
  vi.stubGlobal("fetch", (url: string) => {
    const number = /history\/one\/(\d+)$/.exec(url)?.[1];
    return number ? json({ number, code: TEXTS[Number(number)], files: {} }) : history();
  });
});

afterEach(() => {
  leave();
  Object.assign(HTMLDialogElement.prototype, { showModal, close });
});

it("brings an earlier text back, after what it replaces was sent, and can be undone", async () => {
  await types("# unsent\n");
  await clicks("Earlier versions");
  await loaded();
  expect(dialog()?.textContent).toContain("Written in another tab of this browser");
  await clicks("Bring this back");
  await loaded();
  expect(heard("edit").map(({ code, cause }) => [code, cause])).toEqual([
    ["# unsent\nnow = 1\n", undefined],
    ["old = 1\n", "restored"],
  ]);
  expect(editor().state.doc.toString()).toBe("old = 1\n");
  expect(dialog()).toBeNull();
  const [typed, restored] = heard("edit").map(({ id }) => id);
  await says(saved(typed, 2), saved(restored, 3));
  await act(() => {
    undo(editor());
    draw();
  });
  expect(editor().state.doc.toString()).toBe("# unsent\nnow = 1\n");
  await act(() => classroom.programs.save());
  expect(heard("edit").at(-1)).not.toHaveProperty("cause");
});

it("sends what is replaced before what replaces it", async () => {
  await types("# unsent\n");
  classroom.programs.bringBack(step("one"), { code: "old = 1\n", files: {} });
  expect(heard("edit").map(({ code }) => code)).toEqual(["# unsent\nnow = 1\n", "old = 1\n"]);
});

it("says why nothing can be shown, and tries again", async () => {
  history = () => json({ error: "Log in." }, 401);
  await clicks("Earlier versions");
  await loaded();
  expect(document.querySelector("dialog [role=alert]")?.textContent).toContain("logged out");
  history = () => json({ revisions: [] });
  button("Try again")?.focus();
  await clicks("Try again");
  await loaded();
  expect(document.activeElement).toBe(dialog());
  expect(dialog()?.textContent).toContain("There are none yet");
  await clicks("Close");
  expect(dialog()).toBeNull();
});

it("is not offered where the server has no history", async () => {
  leave();
  await open({ ...lesson, history_url: "" });
  await says(greets);
  expect(button("Earlier versions")).toBeUndefined();
});
