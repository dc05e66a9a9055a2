import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, page, step, turn, view } from "../support/builders";
import { button, draw, fills, heard, leave, open, presses, says } from "../support/classroom";

const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));

const composer = () =>
  document.querySelector('textarea[aria-label="Message to the tutor"]') as HTMLTextAreaElement;

const writes = (text: string) => fills(composer(), text);
const greets = (code: string) => hello({ steps: [view("one", { code }), view("two")] });
beforeEach(() => open(lesson));
afterEach(leave);

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
