import { describe, expect, it } from "vitest";
import { reduce } from "../../src/state/reducer";
import { hello, run, seen, turn, view } from "../support/builders";

const out = (text: string) => ({ stream: "stdout", text }) as const;

describe("the student's own run", () => {
  const order = { type: "run", id: "run-a", step: "one", code: "print(1)", base: 1 } as const;
  const ordered = reduce(seen([hello()]), { type: "run_ordered", order });

  it("shows what it prints while it runs, and the whole at its end", () => {
    const running = seen(
      [
        { type: "run_changed", run: run("run-a", { state: "running" }) },
        { type: "output", run: "run-a", seq: 0, stream: "stdout", text: "1\n" },
        { type: "output", run: "run-a", seq: 0, stream: "stdout", text: "2\n" },
      ],
      ordered,
    );
    expect(running.ownRun?.output).toEqual([{ stream: "stdout", text: "1\n2\n" }]);
    const ended = run("run-a", { state: "ok", exit_code: 0, output: [out("1\n2\n3\n")] });
    expect(seen([{ type: "run_changed", run: ended }], running).ownRun).toEqual(ended);
  });

  it("never goes back from its end", () => {
    const ended = run("run-a", { state: "ok", exit_code: 0, output: [out("1\n")] });
    const state = seen(
      [
        { type: "run_changed", run: ended },
        { type: "run_changed", run: run("run-a", { state: "running" }) },
        { type: "output", run: "run-a", seq: 0, stream: "stdout", text: "late" },
      ],
      ordered,
    );
    expect(state.ownRun).toEqual(ended);
  });

  it("is not replaced by the end of an older one", () => {
    const state = seen([{ type: "run_changed", run: run("run-0", { state: "ok" }) }], ordered);
    expect(state.ownRun?.id).toBe("run-a");
  });

  it("is ordered again after a reconnect that does not know it", () => {
    expect(seen([hello()], ordered).orders).toEqual([order]);
    expect(seen([hello({ last_run: run("run-a") })], ordered).orders).toEqual([]);
  });

  it("keeps what was printed, reported and typed in the order in which it came", () => {
    const pieces = [
      { stream: "stdout", text: "Name? " },
      { stream: "stdin", text: "Ada\n" },
      { stream: "stderr", text: "Oh" },
      { stream: "stdout", text: "Hello\n" },
    ] as const;
    const frames = pieces.map(
      (piece) => ({ type: "output", run: "run-a", seq: 0, ...piece }) as const,
    );
    expect(seen(frames, ordered).ownRun?.output).toEqual(pieces);
  });

  it("waits in line until it runs, whatever comes late", () => {
    const waits = { type: "run_changed", run: run("run-a", { position: 3 }) } as const;
    const runs = { type: "run_changed", run: run("run-a", { state: "running" }) } as const;
    expect(seen([waits], ordered).ownRun?.position).toBe(3);
    expect(seen([waits, runs, waits], ordered).ownRun).toMatchObject({
      state: "running",
      position: 0,
    });
  });

  it("belongs to the step in which it was ordered, also when another one is shown", () => {
    const elsewhere = reduce(ordered, { type: "step_shown", step: "two", isText: false });
    expect(seen([hello({ last_run: run("run-a") })], elsewhere).ownRunStep).toBe("one");
  });

  it("belongs, after a reload, to the step whose program it was", () => {
    const steps = [view("one", { code: "print(1)" }), view("two")];
    expect(seen([hello({ step: "two", steps, last_run: run("run-a") })]).ownRunStep).toBe("one");
  });

  it("says why it was refused", () => {
    const state = seen(
      [{ type: "refused", id: "run-a", code: "busy", message: "One at a time." }],
      ordered,
    );
    expect(state.ownRun).toMatchObject({ state: "unavailable", message: "One at a time." });
    expect(state.orders).toEqual([]);
  });
});

describe("the tutor's run", () => {
  const queued = run("call-1", { by: "tutor" });
  const ended = run("call-1", { by: "tutor", state: "error", exit_code: 1 });

  it("is shown before it is stored, and once afterwards", () => {
    const live = seen([hello(), turn(1, "running"), { type: "run_changed", run: queued }]);
    expect(live.tutorRuns).toHaveLength(1);
    const item = { kind: "run", number: 1, turn: 1, run: queued } as const;
    const stored = seen([{ type: "item", item }], live);
    expect(stored.tutorRuns).toEqual([]);
    expect(stored.items).toEqual([item]);
  });

  it("keeps its end when the stored item is older news", () => {
    const item = { kind: "run", number: 1, turn: 1, run: queued } as const;
    const state = seen([
      hello(),
      turn(1, "running"),
      { type: "run_changed", run: ended },
      { type: "item", item },
    ]);
    expect(state.items).toEqual([{ ...item, run: ended }]);
  });

  it("grows where it stands in the dialogue", () => {
    const item = { kind: "run", number: 1, turn: 1, run: queued } as const;
    const state = seen([
      hello({ items: [item] }),
      { type: "output", run: "call-1", seq: 0, stream: "stderr", text: "Key" },
      { type: "output", run: "call-1", seq: 0, stream: "stderr", text: "Error" },
    ]);
    expect(state.items[0]).toMatchObject({
      run: { state: "running", output: [{ stream: "stderr", text: "KeyError" }] },
    });
  });
});
