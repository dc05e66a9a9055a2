import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, page, step, turn } from "../support/builders";
import { leave, open, says } from "../support/classroom";

const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));
beforeEach(() => open(lesson));
afterEach(leave);

it("tells a screen reader that an answer begins and ends, and nothing of an old one", async () => {
  const words = () => document.querySelector('[aria-label="Announcements"]')?.textContent;
  await says(hello({ turn: turn(1, "done") }));
  expect(words()).toBe("");
  await says(turn(2, "thinking"));
  expect(words()).toBe("The tutor is answering");
  await says(turn(2, "done"));
  expect(words()).toBe("The tutor has answered");
});
