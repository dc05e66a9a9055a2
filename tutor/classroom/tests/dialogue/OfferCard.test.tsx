import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, offer, page, prediction, step, view } from "../support/builders";
import { button, classroom, clicks, heard, leave, open, says } from "../support/classroom";

const lesson = page(step("one"), step("two"));
const steps = [view("one", { state: "begun" }), view("two")];

beforeEach(() => open(lesson));
afterEach(leave);

it("checks the program as Check does, and never by itself", async () => {
  await says(hello({ steps, items: [offer(2, "attempt")] }));
  expect(heard("check_code")).toEqual([]);
  await clicks("Check my program");
  expect(heard("check_code")).toMatchObject([{ step: "one", code: "one = 1\n", pasted: 0 }]);
  expect(classroom.state.panel).toBe("Code");
});

it("goes to the next step as Next does, and has done its work then", async () => {
  await says(hello({ steps, items: [offer(2, "attempt"), offer(4, "next")] }));
  await clicks("Go to the next step");
  expect(heard("go").at(-1)).toMatchObject({ step: "two" });
  expect(classroom.state.panel).toBe("Lesson");
  expect([button("Check my program")?.disabled, button("Go to the next step")?.disabled]).toEqual([
    true,
    true,
  ]);
});

it("is no way around a prediction, nor to what the page does not have", async () => {
  await says(hello({ steps, items: [offer(2, "attempt"), prediction(4), offer(6, "variant")] }));
  expect(button("Check my program")?.disabled).toBe(true);
  expect(document.querySelectorAll(".offer")).toHaveLength(1);
});
