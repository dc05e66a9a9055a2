import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hello, page, prediction, step, view } from "../support/builders";
import {
  button,
  classroom,
  clicks,
  editor,
  heard,
  leave,
  open,
  presses,
  says,
} from "../support/classroom";

const lesson = page(step("one"), step("guess", { kind: "predict", starter: "print(1)\n" }));
const steps = [view("one", { state: "begun" }), view("guess", { code: "print(1)\n" })];
const notice = () => document.querySelector(".predict-first");
const runsByKey = () => presses(editor().contentDOM, { key: "Enter", ctrlKey: true });

beforeEach(() => open(lesson));
afterEach(leave);

it("lets nothing be run or checked while a prediction of the step is open, and leads to it", async () => {
  await says(hello({ steps, items: [prediction(4)] }));
  expect([button("Run")?.disabled, button("Check")?.disabled]).toEqual([true, true]);
  expect(notice()?.textContent).toContain("First say what you expect");
  await runsByKey();
  classroom.check();
  expect([...heard("run"), ...heard("check_code")]).toEqual([]);
  await says();
  expect(notice()?.querySelector('[role="alert"]')).not.toBeNull();
  await clicks("Show the question");
  expect(classroom.state.panel).toBe("Tutor");
  await vi.waitFor(() => expect(document.activeElement?.id).toBe("answer-3"));
  await clicks("I don't know");
  const id = heard("answer")[0]?.id ?? "";
  await says({ type: "accepted", id, item: null });
  expect(notice()).toBeNull();
  expect(button("Run")?.disabled).toBe(false);
});

it("says so in a predict step to who runs it all the same", async () => {
  await says(hello({ steps }));
  await clicks("2Title of guess, Predict, new");
  expect(notice()).toBeNull();
  await runsByKey();
  expect(heard("run")).toEqual([]);
  expect(notice()?.textContent).toContain("First say what it will print.");
  await clicks("Show the question");
  await vi.waitFor(() => expect(document.activeElement?.id).toBe("prediction"));
});

it("shows where a run was refused what the server says", async () => {
  await says(hello({ steps }));
  await clicks("Run");
  const id = heard("run")[0]?.id ?? "";
  await says({ type: "refused", id, code: "predict_first", message: "Predict it first." });
  expect(document.querySelector("#output .why")?.textContent).toBe("Predict it first.");
});
