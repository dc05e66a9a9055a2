import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, hint, page, step, turn, view } from "../support/builders";
import {
  button,
  clicks,
  connectionFound,
  connectionLost,
  editor,
  heard,
  leave,
  open,
  saves,
  says,
  types,
} from "../support/classroom";

const lesson = page(step("one"), step("quiz", { kind: "quiz", starter: "", choices: ["A"] }));
const greets = hello({ steps: [view("one", { code: "a\n", state: "begun" }), view("quiz")] });
const why = () => document.querySelector('[role="status"][aria-label="Hint"]')?.textContent;
const card = () => document.querySelector(".hint");
const refuses = () =>
  says({
    type: "refused",
    id: heard("hint").at(-1)?.id ?? "",
    code: "hint",
    message: "Try it once more first.",
  });
const gives = () => says({ type: "accepted", id: heard("hint").at(-1)?.id ?? "", item: hint(2) });

beforeEach(() => open(lesson));
afterEach(leave);

it("asks for a hint about the program, and says why there is none until something changes", async () => {
  await says(greets);
  await clicks("A hint");
  expect(heard("hint")).toMatchObject([{ step: "one", code: "a\n", base: 1 }]);
  await clicks("Asking for a hint…");
  expect(heard("hint")).toHaveLength(1);
  await refuses();
  expect(why()).toBe("Try it once more first.");
  await types("# ");
  expect(why()).toBe("");
});

it("shows a hint as help, greyed while the program is another one than its own", async () => {
  await says(greets);
  await types("1");
  await clicks("A hint");
  await gives();
  await saves("one", 2);
  expect(card()?.textContent.trim()).toBe("Hint 1 counts as helpLook at the loop.");
  await types("2");
  expect(card()?.className).toContain("outdated");
  expect(card()?.textContent).toContain("Given for an earlier version of your program.");
  editor().dispatch({ changes: { from: 0, to: 1 } });
  await says();
  expect(card()?.className).not.toContain("outdated");
});

it("shows a hint of before as the server says, until it is seen for the program of now", async () => {
  await says({ ...greets, items: [hint(2, { stale: true })] });
  expect(card()?.className).toContain("outdated");
  await says({ ...greets, items: [hint(2)] });
  expect(card()?.className).not.toContain("outdated");
});

it("waits until the tutor has answered, and says so", async () => {
  await says(greets, turn(1, "thinking"));
  expect(button("A hint")?.getAttribute("aria-disabled")).toBe("true");
  await clicks("A hint");
  expect(heard("hint")).toEqual([]);
  expect(why()).toBe("You can ask for a hint when the tutor has answered.");
});

it("asks again after a new connection, under the same id", async () => {
  await says(greets);
  await clicks("A hint");
  const [first] = heard("hint");
  await connectionLost();
  await connectionFound();
  await says(greets);
  expect(heard("hint")).toEqual([first]);
});

it("is there where there is a program to write", async () => {
  await says(greets);
  await clicks("2Title of quiz, Question, new");
  expect(button("A hint")).toBeUndefined();
});
