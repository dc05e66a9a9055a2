import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { delta, hello, page, step, turn, tutor } from "../support/builders";
import { button, heard, leave, open, says } from "../support/classroom";

const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));
beforeEach(() => open(lesson));
afterEach(leave);

it("offers to try again after a turn that failed", async () => {
  await says(hello(), turn(1, "failed", "The tutor could not be reached."));
  expect(document.body.textContent).toContain("The tutor could not be reached.");
  await act(() => button("Try again")?.click());
  expect(heard("again")).toHaveLength(1);
  await says(turn(1, "thinking"));
  expect(button("Try again")).toBeUndefined();
});

it("says that nothing can be stored, until it can", async () => {
  await says(hello());
  await says({ type: "storage", state: "unavailable", message: "Keep this page open." });
  expect(document.body.textContent).toContain("Keep this page open.");
  await says({ type: "storage", state: "available", message: "" });
  expect(document.body.textContent).not.toContain("Keep this page open.");
});

it("takes back what was withdrawn and keeps its room, so that nothing jumps", async () => {
  const height = vi.spyOn(HTMLElement.prototype, "offsetHeight", "get");
  const content = () => document.querySelector<HTMLElement>(".chat-content");
  const written = () =>
    document.querySelector('[aria-label="Tutor, writing"]')?.textContent?.trim();
  height.mockReturnValue(100);
  await says(hello(), turn(1, "thinking"));
  height.mockReturnValue(320);
  await says(turn(1, "speaking"), delta(1, 1, "You could write"));
  expect(content()?.style.minHeight).toBe("");
  height.mockReturnValue(280);
  await says({ type: "withdrawn", turn: 1, request: 1 });
  expect(content()?.style.minHeight).toBe("320px");
  expect(document.body.textContent).not.toContain("You could write");
  await says(turn(1, "thinking", "The tutor is looking for a better question."));
  expect(document.querySelector(".doing")?.textContent).toBe(
    "The tutor is looking for a better question",
  );
  await says(turn(1, "speaking"), delta(1, 2, "What does it give?"));
  expect(written()).toBe("What does it give?");
  expect(document.querySelector(".doing")).toBeNull();
  await says({ type: "item", item: tutor(2, 1, "What does it give?") }, turn(1, "done"));
  expect(content()?.style.minHeight).toBe("320px");
  await says(turn(2, "thinking"));
  expect(content()?.style.minHeight).toBe("");
  height.mockRestore();
});
