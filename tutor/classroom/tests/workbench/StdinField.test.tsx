import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunView } from "../../src/protocol/frames";
import { SHOW_AFTER_MS } from "../../src/workbench/StdinField";
import { hello, page, run, step, view } from "../support/builders";
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
    await says({ type: "output", run: ran(), begun: 0, seq: 0, stream: "stdin", text: "Ada\n" });
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

describe("a program that was on when the page was loaded", () => {
  const output = [
    { stream: "stdout", text: "Name? " },
    { stream: "stdin", text: "Ada\n" },
  ] as const;
  const goesOn = (parts: Partial<RunView> = {}) =>
    hello({
      steps,
      last_run: run("run-0", {
        state: "running",
        step: "one",
        interactive: true,
        begun: 1,
        seq: 2,
        output: [...output],
        ...parts,
      }),
    });

  it("shows what was printed and typed, and can be typed to and stopped", async () => {
    await says(goesOn());
    await waits(SHOW_AFTER_MS);
    expect(region("Output")?.textContent).toContain("Name? Ada\n");
    await fills(answer(), "36");
    await presses(answer(), { key: "Enter" });
    expect(heard("input").at(-1)).toMatchObject({ id: "run-0", text: "36\n", ends: false });
    await clicks("Stop program");
    expect(heard("stop_run").at(-1)).toMatchObject({ id: "run-0" });
  });

  it("asks nobody whose input has ended", async () => {
    await says(goesOn({ input_ended: true }));
    await waits(SHOW_AFTER_MS);
    expect(answer()).toBeNull();
  });
});
