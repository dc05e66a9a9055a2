import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, page, step, turn } from "../support/builders";
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
