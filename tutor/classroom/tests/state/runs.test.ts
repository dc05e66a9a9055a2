import { describe, expect, it } from "vitest";
import type { Printed, ToBrowser } from "../../src/protocol/frames";
import { reduce } from "../../src/state/reducer";
import { hello, run, seen, turn, view } from "../support/builders";

const out = (text: string): Printed => ({ stream: "stdout", text });

describe("the student's own run", () => {
  const order = { type: "run", id: "run-a", step: "one", code: "print(1)", base: 1 } as const;
  const ordered = reduce(seen([hello()]), { type: "run_ordered", order });

  it("shows what it prints while it runs, and the whole at its end", () => {
    const running = seen(
      [
        { type: "run_changed", run: run("run-a", { state: "running" }) },
        { type: "output", run: "run-a", begun: 0, seq: 0, stream: "stdout", text: "1\n" },
        { type: "output", run: "run-a", begun: 0, seq: 0, stream: "stdout", text: "2\n" },
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
        { type: "output", run: "run-a", begun: 0, seq: 0, stream: "stdout", text: "late" },
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
      (piece) => ({ type: "output", run: "run-a", begun: 0, seq: 0, ...piece }) as const,
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

  it("shows each piece once, in order, whatever crosses a replay", () => {
    const piece = (seq: number, text: string, begun = 1) =>
      ({ type: "output", run: "run-a", begun, seq, stream: "stdout", text }) as const;
    const so_far = run("run-a", { state: "running", begun: 1, seq: 3, output: [out("123")] });
    const replay = { type: "run_changed", run: so_far } as const;
    const all = [out("1234")];
    expect(
      seen([piece(1, "1"), piece(2, "2"), replay, piece(3, "3"), piece(4, "4")], ordered).ownRun,
    ).toMatchObject({ output: all, seq: 4 });
    // A view of less takes nothing back, and what comes after a gap waits for the replay.
    const gone = [piece(1, "1"), piece(3, "3"), piece(4, "4"), piece(1, "1")];
    expect(seen(gone, ordered).ownRun?.output).toEqual([out("1")]);
    const late: ToBrowser[] = [
      replay,
      piece(4, "4"),
      { type: "run_changed", run: { ...so_far, seq: 1, output: [out("1")] } },
    ];
    expect(seen(late, ordered).ownRun).toMatchObject({ output: all, seq: 4 });
  });

  it("has printed nothing any more when it was lost, waits again and is begun anew", () => {
    const told = (parts: Parameters<typeof run>[1]) =>
      ({ type: "run_changed", run: run("run-a", parts) }) as const;
    const piece = (begun: number, text: string) =>
      ({ type: "output", run: "run-a", begun, seq: 1, stream: "stdout", text }) as const;
    const first = seen([told({ state: "running", begun: 1 }), piece(1, "old")], ordered);
    const lost = seen([told({ begun: 1, position: 2 })], first);
    expect(lost.ownRun).toMatchObject({ state: "queued", position: 2, output: [] });
    const anew = seen(
      [told({ state: "running", begun: 1 }), piece(1, "old"), piece(2, "new")],
      lost,
    );
    expect(anew.ownRun).toMatchObject({ state: "running", output: [out("new")] });
    // The pieces may come first.
    expect(seen([piece(2, "new"), piece(1, "old")], first).ownRun?.output).toEqual([out("new")]);
  });

  it("keeps after a reconnect what it has shown, until more is told", () => {
    const running = run("run-a", { state: "running", begun: 1, seq: 2, output: [out("12")] });
    const shown = seen([{ type: "run_changed", run: running }], ordered);
    const less = { ...running, seq: 0, output: [], input_ended: true };
    expect(seen([hello({ last_run: less })], shown).ownRun).toEqual({
      ...running,
      input_ended: true,
    });
    const more = { ...running, seq: 3, output: [out("123")] };
    expect(seen([hello({ last_run: more })], shown).ownRun).toEqual(more);
  });

  it("waits for a sandbox that is starting, and then runs", () => {
    const waits = { type: "run_changed", run: run("run-a", { starting: true }) } as const;
    const runs = {
      type: "run_changed",
      run: run("run-a", { state: "running", begun: 1 }),
    } as const;
    expect(seen([waits], ordered).ownRun?.starting).toBe(true);
    expect(seen([waits, runs, waits], ordered).ownRun).toMatchObject({
      state: "running",
      starting: false,
    });
  });

  it("belongs, after a reload, to the step that the server names", () => {
    const steps = [view("one", { code: "print(1)" }), view("two")];
    const last_run = run("run-a", { step: "two" });
    expect(seen([hello({ step: "one", steps, last_run })]).ownRunStep).toBe("two");
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
      { type: "output", run: "call-1", begun: 0, seq: 0, stream: "stderr", text: "Key" },
      { type: "output", run: "call-1", begun: 0, seq: 0, stream: "stderr", text: "Error" },
    ]);
    expect(state.items[0]).toMatchObject({
      run: { state: "running", output: [{ stream: "stderr", text: "KeyError" }] },
    });
  });
});
