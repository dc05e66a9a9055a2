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

it("says once in a turn why it takes longer, whatever the answer does meanwhile", async () => {
  const spoken: string[] = [];
  const words = () => document.querySelector('[aria-label="Announcements"]');
  const searching = "The tutor is looking for a better question.";
  await says(hello());
  await says(turn(1, "thinking"));
  new MutationObserver(() => spoken.push(words()?.textContent ?? "")).observe(words() as Element, {
    childList: true,
    characterData: true,
    subtree: true,
  });
  await says(turn(1, "speaking"));
  await says(turn(1, "thinking", searching));
  await says(turn(1, "speaking"));
  await says(turn(1, "thinking", searching));
  await says(turn(1, "speaking"));
  await says(turn(1, "done"));
  expect(spoken).toEqual([searching, "The tutor has answered"]);
  await says(turn(2, "thinking"));
  expect(words()?.textContent).toBe("The tutor is answering");
});

it("does not read out every number of a wait", async () => {
  const words = () => document.querySelector('[aria-label="Announcements"]')?.textContent;
  await says(hello());
  await says(turn(1, "thinking", "You are number 3 in line."));
  await says(turn(1, "thinking", "You are number 2 in line."));
  expect(words()).toBe("You are number 3 in line.");
});
