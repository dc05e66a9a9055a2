import { describe, expect, it } from "vitest";
import type { Say, ToBrowser } from "../../src/protocol/frames";
import { initialState } from "../../src/state/model";
import { reduce } from "../../src/state/reducer";
import { isAnswering } from "../../src/state/selectors";
import { delta, hello, seen, student, turn, tutor } from "../support/builders";

const say: Say = { type: "say", id: "said-1-x", text: "Why?", code: "x = 1", base: 1 };
const texts = (state: ReturnType<typeof seen>) =>
  state.writing.map((piece) => piece.text).filter((text) => text !== "");

describe("an answer that is being written", () => {
  it("grows by its pieces, in order", () => {
    const state = seen([
      hello(),
      turn(1, "speaking"),
      delta(1, 1, "What "),
      delta(1, 1, "now?", 2),
    ]);
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

  it("keeps its room once it was withdrawn, until another turn begins", () => {
    const withdrawn = [
      hello(),
      turn(1, "speaking"),
      delta(1, 1, "half a sen"),
      { type: "withdrawn", turn: 1, request: 1 },
    ] as const;
    expect(seen([...withdrawn]).withdrawnIn).toBe(1);
    const answered = [...withdrawn, turn(1, "thinking", "Wait."), delta(1, 2, "What now?")];
    expect(seen(answered).withdrawnIn).toBe(1);
    expect(texts(seen(answered))).toEqual(["What now?"]);
    const ended = [...answered, turn(1, "done")];
    expect(seen(ended).withdrawnIn).toBe(1);
    expect(seen([...ended, turn(2, "thinking")]).withdrawnIn).toBeNull();
    expect(seen([...ended, hello()]).withdrawnIn).toBeNull();
  });

  it("has no room to keep if nothing of it was shown", () => {
    const state = seen([hello(), turn(1, "thinking"), { type: "withdrawn", turn: 1, request: 1 }]);
    expect(state.withdrawnIn).toBeNull();
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
