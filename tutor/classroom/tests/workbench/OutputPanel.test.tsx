import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunView } from "../../src/protocol/frames";
import { hello, page, run, step, tutor, view } from "../support/builders";
import { button, clicks, heard, leave, open, region, says } from "../support/classroom";

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

async function runs(parts: Partial<RunView> = {}): Promise<void> {
  await says({ type: "run_changed", run: run(ran(), { state: "running", ...parts }) });
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
