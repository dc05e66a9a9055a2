import { describe, expect, it } from "vitest";
import type { Say, ToBrowser } from "../../src/protocol/frames";
import { initialState } from "../../src/state/model";
import { reduce } from "../../src/state/reducer";
import { isAnswering } from "../../src/state/selectors";
import { delta, hello, run, seen, student, turn, tutor, view } from "../support/builders";

const say: Say = { type: "say", id: "said-1-x", text: "Why?", code: "x = 1", base: 1 };
const out = (text: string) => ({ stream: "stdout", text }) as const;
const texts = (state: ReturnType<typeof seen>) => state.writing.map((piece) => piece.text);

describe("an answer that is being written", () => {
  it("grows by its pieces, in order", () => {
    const state = seen([hello(), turn(1, "speaking"), delta(1, 1, "What "), delta(1, 1, "now?")]);
    expect(texts(state)).toEqual(["What now?"]);
  });

  it("is replaced by what is stored", () => {
    const state = seen([
      hello(),
      turn(1, "speaking"),
      delta(1, 1, "What "),
      { type: "item", item: tutor(1, 1, "What now?") },
    ]);
    expect(texts(state)).toEqual([]);
    expect(state.items).toEqual([tutor(1, 1, "What now?")]);
  });

  it("is taken back for one request and not for another", () => {
    const state = seen([
      hello(),
      turn(1, "speaking"),
      delta(1, 1, "first"),
      delta(1, 2, "second"),
      { type: "withdrawn", turn: 1, request: 1 },
    ]);
    expect(texts(state)).toEqual(["second"]);
  });

  it("ignores pieces of an older turn", () => {
    const state = seen([hello(), turn(2, "speaking"), delta(1, 1, "late")]);
    expect(texts(state)).toEqual([]);
  });

  it("ignores pieces after its turn has ended", () => {
    const state = seen([hello(), turn(1, "stopped"), delta(1, 1, "late")]);
    expect(texts(state)).toEqual([]);
  });

  it("begins anew with every hello", () => {
    const state = seen([hello(), turn(1, "speaking"), delta(1, 1, "half"), hello()]);
    expect(texts(state)).toEqual([]);
  });
});

describe("a message that comes while the tutor answers", () => {
  const messages = [{ id: say.id, text: "Why?" }];
  const waiting: ToBrowser = { type: "waiting", messages };
  const accepted: ToBrowser = { type: "accepted", id: say.id, item: null };
  const said = reduce(seen([hello(), turn(1, "speaking")]), { type: "message_said", say });
  const saidAnd = (...frames: ToBrowser[]) =>
    frames.reduce((state, frame) => reduce(state, { type: "frame", frame }), said);

  it("waits once, whichever frame says so first", () => {
    expect(saidAnd(accepted, waiting).waiting).toEqual(messages);
    expect(saidAnd(waiting, accepted).waiting).toEqual(messages);
    expect(saidAnd(accepted).unsent).toEqual([]);
  });

  it("waits no more as soon as it is an item, also if the news of its waiting are late", () => {
    const item = { type: "item", item: student(2, 1, "Why?", say.id) } as const;
    expect(saidAnd(accepted, waiting, item).waiting).toEqual([]);
    expect(saidAnd(accepted, item, waiting).waiting).toEqual([]);
  });

  it("is not sent again where hello knows it", () => {
    const state = saidAnd(hello({ waiting: messages }));
    expect(state.unsent).toEqual([]);
    expect(state.waiting).toEqual(messages);
  });
});

describe("items", () => {
  it("count once, however often they come", () => {
    const item = tutor(2, 1);
    const state = seen([
      hello({ items: [student(1, 1)] }),
      { type: "item", item },
      { type: "item", item },
    ]);
    expect(state.items.map(({ number }) => number)).toEqual([1, 2]);
  });

  it("stand in the order of their numbers", () => {
    const state = seen([
      hello({ items: [student(1, 1), tutor(3, 1)] }),
      { type: "item", item: tutor(2, 1) },
    ]);
    expect(state.items.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it("may skip numbers", () => {
    const state = seen([hello({ items: [student(1, 1)] }), { type: "item", item: tutor(4, 1) }]);
    expect(state.items.map(({ number }) => number)).toEqual([1, 4]);
  });
});

describe("a message to the tutor", () => {
  const sent = reduce(seen([hello()]), { type: "message_said", say });

  it("waits until it is accepted", () => {
    expect(sent.unsent).toEqual([say]);
    const state = seen([{ type: "accepted", id: say.id, item: student(1, 1) }], sent);
    expect(state.unsent).toEqual([]);
    expect(state.items).toEqual([student(1, 1)]);
  });

  it("is still waiting after a reconnect that does not know it", () => {
    expect(seen([hello()], sent).unsent).toEqual([say]);
  });

  it("is not sent again when hello knows it", () => {
    expect(seen([hello({ items: [student(1, 1)] })], sent).unsent).toEqual([]);
  });

  it("goes back to the composer when it is refused", () => {
    const state = seen([{ type: "refused", id: say.id, code: "busy", message: "Later." }], sent);
    expect(state.unsent).toEqual([]);
    expect(state.returned).toEqual({ id: say.id, text: "Why?", why: "Later." });
  });

  it("survives a reload of the page", () => {
    expect(seen([hello()], initialState([say])).unsent).toEqual([say]);
  });
});

describe("a turn", () => {
  it("is on while the tutor thinks, speaks or runs a program", () => {
    for (const state of ["thinking", "speaking", "running"] as const) {
      expect(isAnswering(seen([turn(1, state)]))).toBe(true);
    }
    expect(isAnswering(seen([turn(1, "speaking"), turn(1, "done")]))).toBe(false);
  });

  it("is not ended by late news of an older one", () => {
    expect(isAnswering(seen([turn(2, "thinking"), turn(1, "done")]))).toBe(true);
  });
});

describe("the student's own run", () => {
  const order = { type: "run", id: "run-a", step: "one", code: "print(1)", base: 1 } as const;
  const ordered = reduce(seen([hello()]), { type: "run_ordered", order });

  it("shows what it prints while it runs, and the whole at its end", () => {
    const running = seen(
      [
        { type: "run_changed", run: run("run-a", { state: "running" }) },
        { type: "output", run: "run-a", stream: "stdout", text: "1\n" },
        { type: "output", run: "run-a", stream: "stdout", text: "2\n" },
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
        { type: "output", run: "run-a", stream: "stdout", text: "late" },
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
    const frames = pieces.map((piece) => ({ type: "output", run: "run-a", ...piece }) as const);
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
      { type: "output", run: "call-1", stream: "stderr", text: "Key" },
      { type: "output", run: "call-1", stream: "stderr", text: "Error" },
    ]);
    expect(state.items[0]).toMatchObject({
      run: { state: "running", output: [{ stream: "stderr", text: "KeyError" }] },
    });
  });
});

it("lets pass what a newer server says and this page does not know", () => {
  const state = seen([hello()]);
  const frame = { type: "weather", sky: "blue" } as never;
  expect(reduce(state, { type: "frame", frame })).toEqual(state);
});
