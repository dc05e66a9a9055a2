import { describe, expect, it } from "vitest";
import type { Answer, Hint, PredictionView, ToBrowser } from "../../src/protocol/frames";
import { initialState, type StateEvent } from "../../src/state/model";
import { isOfferOpen, openPrediction } from "../../src/state/moves";
import { duePrediction, hintObstacle } from "../../src/state/permissions";
import { reduce } from "../../src/state/reducer";
import {
  attempt,
  hello,
  hint,
  offer,
  prediction,
  seen,
  step,
  student,
  turn,
  tutor,
  view,
} from "../support/builders";

const asked = prediction(4);
const answer: Answer = { type: "answer", id: "answer-1-x", prediction: 3, text: "2" };
const told = (parts: Partial<PredictionView>): ToBrowser => ({
  type: "prediction",
  prediction: { ...asked.prediction, ...parts },
});
const reduced = (state: ReturnType<typeof seen>, ...events: StateEvent[]) =>
  events.reduce(reduce, state);
const shown = (state: ReturnType<typeof seen>) => {
  const item = state.items.find(({ number }) => number === 4);
  return item?.kind === "prediction" ? item.prediction : null;
};

describe("a prediction", () => {
  const open = seen([hello({ items: [asked] })]);
  const answered = reduced(open, { type: "prediction_answered", answer });

  it("is due in its step until it is answered, whoever answers it", () => {
    expect(duePrediction(open, step("one"))).toBe("question");
    expect(duePrediction(open, step("two"))).toBeNull();
    expect(duePrediction(seen([told({ state: "comparing", said: "2" })], open), step("one"))).toBe(
      null,
    );
  });

  it("never goes back, in whatever order it is told of", () => {
    const right = told({ state: "right", said: "2", gave: "2" });
    const states = [right, told({ state: "comparing", said: "2" }), told({})];
    expect(shown(seen(states, open))?.state).toBe("right");
    expect(shown(seen([right, { type: "item", item: asked }], open))?.state).toBe("right");
  });

  it("is compared from the moment its answer is accepted", () => {
    expect(answered.answers).toEqual([answer]);
    const state = seen([{ type: "accepted", id: answer.id, item: null }], answered);
    expect(state.answers).toEqual([]);
    expect(shown(state)).toMatchObject({ state: "comparing", said: "2" });
  });

  it("is open again where its answer is refused, and says why until the next one", () => {
    const refused = { type: "refused", id: answer.id, code: "busy", message: "Later." } as const;
    const state = seen([refused], answered);
    expect(state.answers).toEqual([]);
    expect(state.answerErrors[3]).toBe("Later.");
    expect(state.notice).toBe("");
    expect(openPrediction(state.items, "one")).toEqual(asked.prediction);
    expect(reduced(state, { type: "prediction_answered", answer }).answerErrors[3]).toBeUndefined();
  });

  it("that the page does not know has its refusal shown all the same", () => {
    const state = reduced(seen([hello()]), { type: "prediction_answered", answer });
    const refused = { type: "refused", id: answer.id, code: "gone", message: "Gone." } as const;
    expect(seen([refused], state).notice).toBe("Gone.");
  });

  it("is answered again after a new connection that does not know it, and only then", () => {
    const answers = (...frames: ToBrowser[]) => seen(frames, answered).answers;
    expect(answers(hello({ items: [asked] }))).toEqual([answer]);
    const waiting = [{ id: answer.id, text: "2" }];
    expect(answers(hello({ items: [asked], waiting }))).toEqual([]);
    const over = prediction(4, { state: "none" });
    expect(answers(hello({ items: [over] }))).toEqual([]);
    expect(seen([hello({ items: [asked] })], initialState([], "one", [answer])).answers).toEqual([
      answer,
    ]);
  });

  it("comes before the run of a predict step", () => {
    const predict = step("one", { kind: "predict" });
    expect(duePrediction(seen([hello()]), predict)).toBe("step");
    const done = hello({ steps: [view("one", { state: "passed" })] });
    expect(duePrediction(seen([done]), predict)).toBeNull();
  });
});

describe("a hint", () => {
  const order: Hint = { type: "hint", id: "hint-1-xyz", step: "one", code: "x", base: 1 };
  const online = reduced(seen([hello()]), {
    type: "connection_changed",
    connection: { state: "online" },
  });
  const ordered = reduced(online, { type: "hint_ordered", order });
  const refused = seen(
    [{ type: "refused", id: order.id, code: "hint", message: "Try it once more first." }],
    ordered,
  );

  it("is an item of the dialogue once it is given", () => {
    const state = seen([{ type: "accepted", id: order.id, item: hint(2) }], ordered);
    expect(state.hintOrder).toBeNull();
    expect(state.items).toEqual([hint(2)]);
  });

  it("may be the tutor's next message, where the lesson has none", () => {
    const item = student(2, 1, "A hint, please.", order.id);
    expect(seen([{ type: "accepted", id: order.id, item }], ordered)).toMatchObject({
      hintOrder: null,
      items: [item],
    });
    expect(seen([hello({ items: [item] })], ordered).hintOrder).toBeNull();
    expect(seen([hello()], ordered).hintOrder).toEqual(order);
  });

  it("is refused with the reason, until something has changed", () => {
    expect(refused).toMatchObject({ hintOrder: null, hintRefusal: "Try it once more first." });
    const judged: ToBrowser = { type: "attempt", attempt: attempt("try-1", { state: "judged" }) };
    const changes: StateEvent[] = [
      { type: "edited", step: "one" },
      { type: "step_shown", step: "two", isText: false },
      { type: "frame", frame: judged },
      { type: "frame", frame: { type: "item", item: tutor(2, 1) } },
    ];
    expect(changes.map((change) => reduced(refused, change).hintRefusal)).toEqual(["", "", "", ""]);
    const nothing: StateEvent = { type: "panel_shown", panel: "Code" };
    expect(reduced(refused, nothing).hintRefusal).not.toBe("");
  });

  it("is asked for when the tutor has answered, and there is a connection", () => {
    expect(hintObstacle(online)).toBe("");
    expect(hintObstacle(seen([turn(1, "thinking")], online))).toContain("answered");
    expect(hintObstacle(seen([hello()]))).toContain("online");
  });
});

describe("an offer", () => {
  it("can be taken while its step is shown, and a check while it is not passed", () => {
    const state = seen([hello()]);
    const done = seen([hello({ steps: [view("one", { state: "passed" }), view("two")] })]);
    const elsewhere = reduced(state, { type: "step_shown", step: "two", isText: false });
    const open = [state, done, elsewhere].map((now) => [
      isOfferOpen(now, offer(2, "attempt")),
      isOfferOpen(now, offer(2, "next")),
    ]);
    expect(open).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
  });
});
