import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FromBrowser } from "../../src/protocol/frames";
import { hello, page, step, student, turn, view } from "../support/builders";
import {
  button,
  classroom,
  draw,
  editor,
  fills,
  heard,
  leave,
  open,
  presses,
  saves,
  says,
  types,
} from "../support/classroom";

const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));
const composer = () =>
  document.querySelector('textarea[aria-label="Message to the tutor"]') as HTMLTextAreaElement;
const writes = (text: string) => fills(composer(), text);
const greets = (code: string) => hello({ steps: [view("one", { code }), view("two")] });

beforeEach(() => open(lesson));
afterEach(leave);

it("loses no letter that is typed while the page is drawn", async () => {
  await says(greets(""));
  await act(() => {
    editor().dispatch({ changes: { from: 0, insert: "a" } });
    draw();
    editor().dispatch({ changes: { from: 1, insert: "b" } });
  });
  expect(editor().state.doc.toString()).toBe("ab");
  expect(classroom.programs.shownSource(classroom.step)?.code).toBe("ab");
});

it("lets nobody type into a program that is not known yet", async () => {
  expect(editor().state.readOnly).toBe(true);
  await says(greets("mine = 1\n"));
  expect(editor().state.readOnly).toBe(false);
  expect(editor().state.doc.toString()).toBe("mine = 1\n");
});

it("sends with Enter, and not with the Enter that ends a composition", async () => {
  await says(greets("x = 1"));
  await writes("なぜ?");
  await presses(composer(), { key: "Enter", isComposing: true });
  await presses(composer(), { key: "Enter", shiftKey: true });
  expect(heard("say")).toEqual([]);
  await presses(composer(), { key: "Enter" });
  expect(heard("say")).toMatchObject([{ text: "なぜ?", code: "x = 1" }]);
  expect(composer().value).toBe("");
});

it("sends again what nobody accepted, under the same id, and only that", async () => {
  await says(hello());
  await writes("Why?");
  await presses(composer(), { key: "Enter" });
  const [first] = heard("say") as FromBrowser[];
  await says(hello());
  expect(heard("say")).toEqual([first, first]);
  const id = first?.type === "say" ? first.id : "";
  await says(hello({ items: [student(1, 1, "Why?", id)] }));
  expect(heard("say")).toHaveLength(2);
});

it("puts a refused message back before what was written since", async () => {
  await says(hello());
  await writes("First.");
  await presses(composer(), { key: "Enter" });
  await writes("Second.");
  const [say] = heard("say");
  const id = say?.type === "say" ? say.id : "";
  await says({ type: "refused", id, code: "busy", message: "Later, please." });
  expect(composer().value).toBe("First.\n\nSecond.");
  expect(document.querySelector('[role="alert"]')?.textContent).toBe("Later, please.");
});

it("offers Stop while the tutor answers, and Send to who has more to say", async () => {
  await says(hello(), turn(1, "thinking"));
  expect(button("Send")).toBeUndefined();
  await writes("Wait!");
  await act(draw);
  await act(() => button("Send")?.click());
  expect(heard("say")).toHaveLength(1);
  const { id } = heard("say")[0] as { id: string };
  await says({ type: "accepted", id, item: null });
  expect(document.body.textContent).toContain("The tutor hears this next");
  await act(() => {
    button("Stop")?.click();
    draw();
  });
  expect(heard("stop")).toHaveLength(1);
  expect(button("Stop")?.disabled).toBe(true);
  await says(turn(1, "stopped"));
  expect(button("Send")).toBeDefined();
});

it("offers to try again after a turn that failed", async () => {
  await says(hello(), turn(1, "failed", "The tutor could not be reached."));
  expect(document.body.textContent).toContain("The tutor could not be reached.");
  await act(() => button("Try again")?.click());
  expect(heard("again")).toHaveLength(1);
  await says(turn(1, "thinking"));
  expect(button("Try again")).toBeUndefined();
});

it("keeps in the browser what the server has not confirmed", async () => {
  await says(greets(""));
  await types("kept = 1");
  expect(classroom.store.copies("one")).toMatchObject([{ code: "kept = 1", base: 1 }]);
  await says(greets(""));
  await saves("one", 2);
  expect(heard("edit")).toMatchObject([
    { step: "one", code: "kept = 1", files: {}, base: 1, version: 0 },
  ]);
  expect(classroom.store.copies("one")).toEqual([]);
});

it("tells a screen reader that an answer begins and ends, and nothing of an old one", async () => {
  const words = () => document.querySelector('[aria-label="Announcements"]')?.textContent;
  await says(hello({ turn: turn(1, "done") }));
  expect(words()).toBe("");
  await says(turn(2, "thinking"));
  expect(words()).toBe("Tutor is answering");
  await says(turn(2, "done"));
  expect(words()).toBe("Answer complete");
});
