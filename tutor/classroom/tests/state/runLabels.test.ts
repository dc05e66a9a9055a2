import { describe, expect, it } from "vitest";
import type { RunView } from "../../src/protocol/frames";
import {
  formatBytes,
  formatDuration,
  isPicture,
  outputPreview,
  queuePlace,
  runLabel,
  waitingNote,
} from "../../src/state/runLabels";
import { run } from "../support/builders";

describe("of a run", () => {
  it("every bad end that the output does not explain is explained", () => {
    const silent: RunView["state"][] = [
      "timeout",
      "memory",
      "output_limit",
      "idle",
      "crashed",
      "unavailable",
      "sandbox_error",
    ];
    for (const state of silent) {
      expect(runLabel(run("run-a", { state })).explanation).toMatch(/^[A-Z].*[.?]$/);
    }
  });

  it("what the server says of an end comes before what the page knows", () => {
    expect(runLabel(run("run-a", { state: "timeout", message: "After 10 s." })).explanation).toBe(
      "After 10 s.",
    );
  });

  it("the gist is the end of the error, else of what was printed, not of what was typed", () => {
    const output = [
      { stream: "stderr", text: "Traceback\nKeyError: 'a'\n" },
      { stream: "stdout", text: "one\ntwo\n" },
      { stream: "stdin", text: "typed\n" },
    ] as RunView["output"];
    expect(outputPreview(run("run-a", { output }))).toBe("KeyError: 'a'");
    expect(outputPreview(run("run-a", { output: output.slice(1) }))).toBe("two");
  });

  it("numbers have units that people read", () => {
    expect([formatDuration(34), formatDuration(1_234)]).toEqual(["34 ms", "1.2 s"]);
    expect([1, 999, 2_048, 9_600 * 1_024, 120 * 1_048_576].map(formatBytes)).toEqual([
      "1 byte",
      "999 bytes",
      "2.0 KB",
      "9.4 MB",
      "120 MB",
    ]);
    expect([queuePlace({ position: 0 }), queuePlace({ position: 3 })]).toEqual([
      "",
      "number 3 in line",
    ]);
  });

  it("only a picture that is there is shown", () => {
    const file = { name: "a", bytes: 1, url: "/files/1", skipped: "" };
    expect(isPicture({ ...file, kind: "image/png" })).toBe(true);
    expect(isPicture({ ...file, kind: "image/svg+xml" })).toBe(false);
    expect(isPicture({ ...file, kind: "image/png", skipped: "Too large." })).toBe(false);
  });
});

describe("what waits", () => {
  it("says for what, and what can be done meanwhile", () => {
    const starting = run("run-a", { starting: true });
    expect(runLabel(starting).label).toBe("Starting");
    expect(waitingNote(starting)).toMatch(/sandbox is starting.*go on writing/);
    expect(waitingNote(run("run-a", { position: 3 }))).toMatch(/its turn comes.*go on writing/);
    expect(waitingNote(run("run-a", { state: "running" }))).toBe("");
  });
});
