import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attempt, hello, page, step, view } from "../support/builders";
import { button, clicks, heard, leave, open, region, reopen, says } from "../support/classroom";

const lesson = page(
  step("one", {
    cases: [
      { call: "double(2)", stdin: "" },
      { call: "", stdin: "4\n" },
    ],
    rules: ["The program must call `sum`."],
  }),
  step("guess", { kind: "predict", starter: "print(1)\n" }),
  step("quiz", { kind: "quiz", starter: "", choices: ["<b>A</b>", "B", "C"], several: true }),
);

const steps = [view("one"), view("guess"), view("quiz", { code: "" })];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await open(lesson);
  await says(hello({ steps }));
});

afterEach(() => {
  leave();
  vi.useRealTimers();
});

describe("a check", () => {
  const checked = () => heard("check_code").at(-1)?.id ?? "";
  const check = () => region("Check")?.textContent ?? "";

  it("is told beforehand, as far as students may know", () => {
    const told = document.querySelector("#task")?.textContent;
    expect(told).toContain("double(2)");
    expect(told).toContain("The program reads4");
    expect(told).toContain("The program must call sum.");
  });

  it("shows its place in line and can be stopped; nothing else can be run", async () => {
    await clicks("Check");
    await says({ type: "attempt", attempt: attempt(checked(), { position: 2 }) });
    expect(check()).toContain("Waiting – number 2 in line");
    expect(button("Run")?.disabled).toBe(true);
    await clicks("Stop check");
    expect(heard("stop_run")).toEqual([{ type: "stop_run", id: checked() }]);
  });

  it("shows each case, the hidden ones as a number, and the rules that are not kept", async () => {
    await clicks("Check");
    const cases = [
      { call: "double(2)", stdin: "", passed: true, got: "It gave `4`." },
      { call: "", stdin: "4\n", passed: false, got: "It printed `<i>`." },
    ];
    const judged = attempt(checked(), {
      state: "judged",
      number: 2,
      cases,
      hidden: 4,
      hidden_passed: 3,
      rules: ["The program must call `sum`."],
    });
    await says({ type: "attempt", attempt: judged });
    const rows = [...document.querySelectorAll(".cases tbody tr")].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.textContent),
    );
    expect(rows).toEqual([
      ["double(2)", "It gave 4.", "Passed"],
      ["The program reads4", "It printed <i>.", "Not passed"],
    ]);
    expect(check()).toContain("Not yet: 4 of 6 cases came out right.");
    expect(check()).toContain("3 of 4 hidden cases passed");
    expect(check()).toContain("attempt 2");
    expect(document.querySelector(".rules.broken")?.textContent).toContain("must call sum");
    leave();
    await reopen(lesson);
    await says(hello({ steps: [view("one", { last: judged, attempts: 2 }), ...steps.slice(1)] }));
    expect(check()).toContain("3 of 4 hidden cases passed");
  });

  it("says so when all is right", async () => {
    await clicks("Check");
    const cases = [{ call: "double(2)", stdin: "", passed: true, got: "It gave `4`." }];
    const passed = attempt(checked(), { state: "judged", number: 1, passed: true, cases });
    await says({ type: "attempt", attempt: passed });
    expect(check()).toContain("Passed: the case came out right.");
    expect(document.querySelector(".step.passed")?.textContent).toContain("Title of one");
  });

  it("of what cannot be read is no attempt", async () => {
    await clicks("Check");
    const unread = attempt(checked(), { state: "unread", message: "Line 1: a bracket is open." });
    await says({ type: "attempt", attempt: unread });
    expect(check()).toContain("Line 1: a bracket is open.");
    expect(check()).toContain("This does not count as an attempt.");
    expect(document.querySelector(".cases")).toBeNull();
  });

  it("that failed can be made again", async () => {
    await clicks("Check");
    await says({ type: "refused", id: checked(), code: "busy", message: "One at a time." });
    expect(check()).toContain("One at a time.");
    await clicks("Check again");
    expect(heard("check_code")).toHaveLength(2);
  });
});
