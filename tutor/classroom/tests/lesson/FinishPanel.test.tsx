import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StepView } from "../../src/protocol/frames";
import { attempt, hello, page, step, view } from "../support/builders";
import {
  button,
  classroom,
  clicks,
  connectionFound,
  connectionLost,
  draw,
  heard,
  leave,
  open,
  presses,
  says,
} from "../support/classroom";

const steps = [
  step("one"),
  step("two", { kind: "quiz", starter: "", choices: ["Yes", "No"] }),
  step("last", { kind: "explain", starter: "" }),
];
const lesson = { ...page(...steps), title: "Loops", skills: ["Doing things again"] };

type States = [StepView["state"], StepView["state"], StepView["state"]];

function stands(...states: States) {
  const ids = ["one", "two", "last"];
  return hello({
    steps: ids.map((id, index) => view(id, { state: states[index] ?? "new" })),
  });
}

const passes = (one = "one", helped = false) =>
  says({
    type: "attempt",
    attempt: attempt("try-00001", { step: one, state: "judged", number: 1, passed: true, helped }),
  });

const panel = () => document.querySelector<HTMLElement>(".finish");
const said = () => document.querySelector('[role="status"][aria-label="Lesson"]')?.textContent;
const focused = () => document.activeElement;

beforeEach(() => open(lesson));
afterEach(leave);

describe("the moment of finishing", () => {
  it("comes with the last pass, and says what was learnt and what comes next", async () => {
    await says(stands("begun", "passed", "passed"));
    expect(panel()).toBeNull();
    await passes();
    expect(panel()?.textContent).toContain("Lesson finished");
    expect(panel()?.textContent).toContain("Loops");
    expect(panel()?.textContent).toContain("You passed all 3 steps on your own.");
    expect(panel()?.textContent).toContain("Doing things again");
    expect(panel()?.textContent).toContain("Next lesson");
    const link = panel()?.querySelector("a");
    expect(link?.getAttribute("href")).toBe(lesson.continue_url);
    expect(said()).toBe("Lesson finished. You passed all 3 steps on your own.");
  });

  it("comes whichever step was last, and from whichever page", async () => {
    await says(stands("passed", "begun", "passed_with_help"));
    // Nothing was tried on this page.
    await passes("two");
    expect(panel()?.textContent).toContain("You passed 2 of 3 steps on your own and 1 with help.");
  });

  it("comes when the line is found again, if it was missed", async () => {
    await says(stands("begun", "passed", "passed"));
    await connectionLost();
    await connectionFound();
    await says(stands("passed", "passed", "passed"));
    expect(panel()).not.toBeNull();
  });

  it("is not shown again on the next visit, but can be", async () => {
    await says(stands("passed", "passed", "passed"));
    expect(panel()).toBeNull();
    expect(said()).toBe("");
    await act(() => {
      document.querySelector<HTMLElement>("button.finished")?.click();
      draw();
    });
    expect(panel()).not.toBeNull();
    expect(focused()?.textContent).toBe("Lesson finished");
    expect(said()).toBe("");
  });

  it("does not come over a text that has just come up", async () => {
    await says(stands("passed", "passed", "new"));
    await clicks("Continue");
    expect(heard("go")).toEqual([{ type: "go", step: "last" }]);
    expect(panel()).toBeNull();
    await clicks("What comes next");
    expect(panel()).not.toBeNull();
  });

  it("is no second one when a passed step is passed again", async () => {
    await says(stands("passed", "passed", "passed"));
    await passes();
    expect(panel()).toBeNull();
  });
});

describe("the panel", () => {
  it("takes the focus from nobody who writes, and gives it back when it is closed", async () => {
    await says(stands("begun", "passed", "passed"));
    const field = document.querySelector<HTMLElement>("textarea");
    field?.focus();
    await passes();
    expect(focused()).toBe(field);
    await clicks("Close");
    expect(panel()).toBeNull();
    expect(focused()).toBe(field);
  });

  it("takes the focus where it was asked for, and gives it back to what asked", async () => {
    await says(stands("passed", "passed", "passed"));
    const asks = document.querySelector<HTMLElement>("button.finished");
    asks?.focus();
    await act(() => {
      asks?.click();
      draw();
    });
    expect(focused()?.id).toBe("finish-title");
    await clicks("Close");
    expect(focused()).toBe(asks);
  });

  it("is left with Escape", async () => {
    await says(stands("begun", "passed", "passed"));
    await passes();
    expect(focused()?.id).toBe("finish-title"); // it was nowhere
    await presses(focused(), { key: "Escape" });
    expect(panel()).toBeNull();
  });

  it("leads back to the steps that were passed with help, and to no others", async () => {
    await says(stands("begun", "passed_with_help", "passed"));
    await passes();
    expect(panel()?.textContent).toContain("Look back at");
    expect(button("Title of one")).toBeUndefined();
    await clicks("Title of two");
    expect(classroom.step.id).toBe("two");
    expect(panel()).toBeNull();
    expect(document.querySelector("button.finished")).not.toBeNull();
  });

  it("says so when nothing is left", async () => {
    leave();
    await open({ ...lesson, next: null, skills: [] });
    await says(stands("begun", "passed", "passed"));
    await passes();
    expect(panel()?.textContent).toContain("You have finished everything here.");
    expect(panel()?.textContent).not.toContain("What you learnt");
    expect(panel()?.querySelector("a")?.getAttribute("href")).toBe("/progress/");
  });

  it("names the course of the next lesson where it is another one", async () => {
    leave();
    await open({ ...lesson, next: { title: "Hello", course: "Other course" } });
    await says(stands("begun", "passed", "passed"));
    await passes();
    expect(panel()?.textContent).toContain("What comes next in Other course");
  });
});

it("a step that the address asks for is shown first, and the server is told", async () => {
  leave();
  await open({ ...lesson, asked_step: "one" });
  await says({ ...stands("begun", "begun", "new"), step: "two" });
  expect(classroom.step.id).toBe("one");
  expect(heard("go")).toEqual([{ type: "go", step: "one" }]);
});
