import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunView } from "../../src/protocol/frames";
import { SHOW_AFTER_MS } from "../../src/workbench/StdinField";
import { attempt, hello, page, run, step, tutor, view } from "../support/builders";
import {
  button,
  clicks,
  draw,
  editor,
  fills,
  heard,
  leave,
  open,
  presses,
  region,
  reopen,
  says,
} from "../support/classroom";

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
const text = () => document.body.textContent ?? "";
const ran = () => heard("run").at(-1)?.id ?? "";
const answer = () => document.querySelector<HTMLInputElement>('input[aria-label="Type an answer"]');

async function runs(parts: Partial<RunView> = {}): Promise<void> {
  await says({ type: "run_changed", run: run(ran(), { state: "running", ...parts }) });
}

async function waits(ms: number): Promise<void> {
  await act(() => {
    vi.advanceTimersByTime(ms);
    draw();
  });
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await open(lesson);
  await says(hello({ steps }));
});
afterEach(() => {
  leave();
  vi.useRealTimers();
});

describe("a run", () => {
  it("says its place in line, and reads only that it waits out", async () => {
    await clicks("Run");
    await says({ type: "run_changed", run: run(ran(), { position: 3 }) });
    expect(region("Output")?.textContent).toContain("Waiting – number 3 in line");
    expect(document.querySelector('[role="status"][aria-label="Run"]')?.textContent).toBe(
      "Waiting",
    );
  });

  it("shows what came in its order, errors apart, and nothing of it as HTML", async () => {
    await clicks("Run");
    await runs({
      state: "error",
      exit_code: 1,
      duration_ms: 34,
      peak_memory_kb: 9_600,
      output: [
        { stream: "stdout", text: "<b>one</b>\n" },
        { stream: "stderr", text: "Oh\n" },
        { stream: "stdout", text: "two\n" },
      ],
    });
    const listing = region("Output")?.querySelector("pre");
    expect(listing?.textContent).toBe("<b>one</b>\nOh\ntwo\n");
    expect(listing?.querySelector(".stderr")?.textContent).toBe("Oh\n");
    expect(listing?.querySelector("b")).toBeNull();
    expect(region("Output")?.textContent).toContain("exit code 1 · 34 ms · 9.4 MB");
  });

  it("shows pictures, offers other files, and says why there is none", async () => {
    const files = [
      { name: "plot.png", kind: "image/png", bytes: 9, url: "/files/1", skipped: "" },
      { name: "x.html", kind: "text/html", bytes: 2_048, url: "/files/2", skipped: "" },
      { name: "big.bin", kind: "", bytes: 9e9, url: "", skipped: "It is too large." },
    ];
    await clicks("Run");
    await runs({ state: "ok", exit_code: 0, files });
    const picture = region("Output")?.querySelector("img");
    expect(picture?.getAttribute("src")).toBe("/files/1");
    expect(picture?.alt).toContain("plot.png");
    const link = region("Output")?.querySelector<HTMLAnchorElement>("a[download]");
    expect([link?.getAttribute("href"), link?.download]).toEqual(["/files/2", "x.html"]);
    expect(region("Output")?.textContent).toContain("2.0 KB");
    expect(region("Output")?.textContent).toContain("big.bin – It is too large.");
    expect(region("Output")?.querySelectorAll("img")).toHaveLength(1);
  });

  it("of the tutor shows its pictures too", async () => {
    const files = [{ name: "p.png", kind: "image/png", bytes: 9, url: "/files/1", skipped: "" }];
    const tutors = run("call-1", { by: "tutor", state: "ok", exit_code: 0, files });
    const item = { kind: "run", number: 2, turn: 1, run: tutors } as const;
    await says(hello({ steps, items: [tutor(1, 1), item] }));
    expect(document.querySelector(".run-card img")?.getAttribute("src")).toBe("/files/1");
  });

  it("of another step can be stopped while it is on: it keeps all others waiting", async () => {
    await clicks("Run");
    await runs();
    await clicks("2Title of guess, Predict, new");
    expect(text()).toContain("The program of “Title of one” is still running.");
    expect(button("That is my prediction")?.disabled).toBe(true);
    await clicks("Stop the other program");
    expect(heard("stop_run")).toEqual([{ type: "stop_run", id: ran() }]);
    await runs({ state: "cancelled" });
    expect(text()).not.toContain("is still running");
    expect(button("That is my prediction")?.disabled).toBe(false);
  });
});

describe("a program that reads", () => {
  it("is given what stands in the input box, and then asks nobody", async () => {
    await fills(document.querySelector('textarea[aria-label="Input for the program"]'), "4\n");
    await clicks("Run");
    expect(heard("run")).toMatchObject([{ stdin: "4\n", interactive: false }]);
    await runs();
    await waits(SHOW_AFTER_MS);
    expect(answer()).toBeNull();
  });

  it("is typed to while it runs, once it has run for a moment", async () => {
    await clicks("Run");
    expect(heard("run")).toMatchObject([{ stdin: "", interactive: true }]);
    await runs({ interactive: true });
    await waits(SHOW_AFTER_MS - 1);
    expect(answer()).toBeNull();
    await waits(1);
    await fills(answer(), "Ada");
    await presses(answer(), { key: "Enter" });
    expect(heard("input")).toEqual([{ type: "input", id: ran(), text: "Ada\n", ends: false }]);
    expect(answer()?.value).toBe("");
    expect(region("Output")?.querySelector("pre")).toBeNull(); // the server tells what was typed
    await says({ type: "output", run: ran(), stream: "stdin", text: "Ada\n" });
    expect(region("Output")?.querySelector("pre")?.textContent).toBe("Ada\n");
  });

  it.each([
    ["the button", () => clicks("End of input")],
    ["Ctrl+D", () => presses(answer(), { key: "d", ctrlKey: true })],
  ])("is told by %s that nothing more comes", async (_, ends) => {
    await clicks("Run");
    await runs({ interactive: true });
    await waits(SHOW_AFTER_MS);
    await ends();
    expect(heard("input")).toEqual([{ type: "input", id: ran(), text: "", ends: true }]);
    expect(answer()).toBeNull();
  });

  it("takes the focus from the Run button", async () => {
    button("Run")?.focus();
    await clicks("Run");
    await runs({ interactive: true });
    await waits(SHOW_AFTER_MS);
    expect(document.activeElement).toBe(answer());
    await runs({ state: "ok", interactive: true, exit_code: 0 });
    expect(region("Output")?.contains(document.activeElement)).toBe(true);
  });

  it("never takes the focus from the editor", async () => {
    editor().focus();
    await clicks("Run");
    await runs({ interactive: true });
    await waits(SHOW_AFTER_MS);
    expect(answer()).not.toBeNull();
    expect(document.activeElement).toBe(editor().contentDOM);
  });
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
    expect(document.querySelector(".step.done")?.textContent).toContain("Title of one");
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

describe("a prediction", () => {
  const made = () => heard("predict").at(-1)?.id ?? "";

  beforeEach(async () => {
    await says(hello({ steps }));
    await clicks("2Title of guess, Predict, new");
    await fills(document.querySelector("#prediction"), "1\n3\n");
  });

  it("comes before the run, and survives a look at another step", async () => {
    expect(button("Run")?.disabled).toBe(true);
    await clicks("3Title of quiz, Question, new");
    await clicks("2Title of guess, Predict, begun");
    await clicks("That is my prediction");
    expect(heard("predict")).toMatchObject([{ step: "guess", text: "1\n3\n" }]);
  });

  it("stands beside what was printed, with the first line that differs", async () => {
    await clicks("That is my prediction");
    const judged = attempt(made(), {
      step: "guess",
      state: "judged",
      number: 1,
      prediction: "1\n3\n",
      output: [{ stream: "stdout", text: "1\n2\n" }],
      differs: { line: 2, predicted: "3", printed: "2" },
    });
    await says({ type: "attempt", attempt: judged });
    expect(region("Prediction")?.textContent).toContain("Line 2 is the first that differs.");
    const marked = [...document.querySelectorAll(".differs code")].map((one) => one.textContent);
    expect(marked).toEqual(["3", "2"]);
    expect(document.querySelector("#prediction")).toBeNull();
    expect(button("Run")?.disabled).toBe(false);
  });
});

describe("a question", () => {
  const boxes = () => [...document.querySelectorAll<HTMLInputElement>(".choice input")];
  const answers = (passed: boolean, choices: number[], because: string[]) =>
    says({
      type: "attempt",
      attempt: attempt(heard("choose").at(-1)?.id ?? "", {
        step: "quiz",
        state: "judged",
        number: 1,
        passed,
        choices,
        because,
      }),
    });

  beforeEach(async () => {
    await clicks("3Title of quiz, Question, new");
  });

  it("is answered, explained, and answered again until it is right", async () => {
    expect(boxes().map(({ type }) => type)).toEqual(["checkbox", "checkbox", "checkbox"]);
    expect(button("Answer")?.disabled).toBe(true);
    await act(() => boxes()[2]?.click());
    await act(() => boxes()[0]?.click());
    await clicks("Answer");
    expect(heard("choose")).toMatchObject([{ step: "quiz", choices: [0, 2] }]);
    await answers(false, [0, 2], ["Right so far.", "No: `C` is <b>not</b>."]);
    expect(text()).toContain("Not yet");
    expect(text()).toContain("No: C is <b>not</b>.");
    await act(() => boxes()[2]?.click());
    await clicks("Answer");
    await answers(true, [0], ["Right so far."]);
    expect(text()).toContain("Right!");
    expect(button("Answer")).toBeUndefined();
  });

  it("shows the lesson's own HTML in its choices", () => {
    expect(document.querySelector(".choice b")?.textContent).toBe("A");
  });
});
