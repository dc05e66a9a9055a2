import { describe, expect, it } from "vitest";
import type { CheckCode } from "../../src/protocol/frames";
import {
  isFinished,
  nextStep,
  type ProgressByStep,
  progressFromHello,
  type StepState,
} from "../../src/state/progress";
import { reduce } from "../../src/state/reducer";
import { isBusy, shownResult } from "../../src/state/selectors";
import { attempt, hello, seen, view } from "../support/builders";

const order: CheckCode = { type: "check_code", id: "try-1", step: "one", code: "x", base: 1 };
const tried = reduce(seen([hello()]), { type: "attempt_ordered", order });
const judged = attempt("try-1", { state: "judged", number: 1 });
const last = (state: ReturnType<typeof seen>) => state.progress.one?.last;

describe("an attempt", () => {
  it("is under way from the moment it is made, and nothing else can be run", () => {
    expect(last(tried)).toMatchObject({ id: "try-1", state: "queued" });
    expect(isBusy(tried)).toBe(true);
    expect(shownResult(tried)).toBe("check");
  });

  it("tells its place in line, then its outcome", () => {
    const waits = { type: "attempt", attempt: attempt("try-1", { position: 2 }) } as const;
    const state = seen([waits], tried);
    expect(last(state)?.position).toBe(2);
    expect(state.orders).toEqual([]);
    const ended = seen([{ type: "attempt", attempt: judged }], state);
    expect(ended.progress.one).toMatchObject({ state: "begun", attempts: 1, last: judged });
    expect(isBusy(ended)).toBe(false);
  });

  it("never goes back from its end", () => {
    const late = { type: "attempt", attempt: attempt("try-1", { state: "running" }) } as const;
    expect(last(seen([{ type: "attempt", attempt: judged }, late], tried))).toEqual(judged);
  });

  it("is made again after a reconnect that does not know it, and only then", () => {
    expect(seen([hello()], tried).orders).toEqual([order]);
    expect(last(seen([hello()], tried))?.id).toBe("try-1");
    const steps = [view("one", { last: judged, attempts: 1, state: "begun" }), view("two")];
    expect(seen([hello({ steps })], tried).orders).toEqual([]);
    expect(last(seen([hello({ steps })], tried))).toEqual(judged);
  });

  it("of another page counts, though only its end is told here", () => {
    const before = [view("one", { last: judged, attempts: 1, state: "begun" }), view("two")];
    const newer = attempt("try-2", { state: "judged", number: 2, passed: true });
    const state = seen([hello({ steps: before }), { type: "attempt", attempt: newer }]);
    expect(state.progress.one).toEqual({ state: "passed", attempts: 2, last: newer });
    const older = { type: "attempt", attempt: judged } as const;
    expect(last(seen([older], state))).toEqual(newer);
  });

  it("is not replaced by the end of an older one", () => {
    const older = { type: "attempt", attempt: attempt("try-0", { state: "judged" }) } as const;
    expect(last(seen([older], tried))?.id).toBe("try-1");
  });

  it("follows one that was made on another page", () => {
    const other = { type: "attempt", attempt: attempt("try-2", { state: "running" }) } as const;
    const state = seen([{ type: "attempt", attempt: judged }, other], tried);
    expect(last(state)?.id).toBe("try-2");
  });

  it("that is refused says why, and another one may be made", () => {
    const why = { type: "refused", id: "try-1", code: "busy", message: "One at a time." } as const;
    const state = seen([why], tried);
    expect(last(state)).toMatchObject({ state: "failed", message: "One at a time." });
    expect(state.orders).toEqual([]);
    expect(isBusy(state)).toBe(false);
  });

  it("that could not be read or judged does not count", () => {
    for (const state of ["unread", "failed"] as const) {
      const ended = seen([{ type: "attempt", attempt: attempt("try-1", { state }) }], tried);
      expect(ended.progress.one).toMatchObject({ state: "begun", attempts: 0 });
    }
  });

  it("finishes its step for good when it has passed", () => {
    const passed = attempt("try-1", { state: "judged", number: 1, passed: true });
    const worse = attempt("try-2", { state: "judged", number: 2 });
    const frames = [passed, attempt("try-2"), worse].map(
      (one) => ({ type: "attempt", attempt: one }) as const,
    );
    expect(seen(frames, tried).progress.one).toMatchObject({ state: "passed", attempts: 2 });
  });

  it("of a prediction finishes its step right or wrong", () => {
    const wrong = attempt("try-1", { state: "judged", number: 1, prediction: "2" });
    expect(seen([{ type: "attempt", attempt: wrong }], tried).progress.one?.state).toBe("passed");
  });

  it("in one step leaves the others as they are", () => {
    const state = seen([{ type: "attempt", attempt: judged }], tried);
    expect(state.progress.two).toEqual(seen([hello()]).progress.two);
  });
});

it("begins a step when it is shown, and a text is done with that", () => {
  const went = (isText: boolean) =>
    reduce(seen([hello()]), { type: "step_shown", step: "two", isText }).progress.two?.state;
  expect(went(false)).toBe("begun");
  expect(went(true)).toBe("passed");
});

it("begins a step with the first change of its program", () => {
  const state = reduce(seen([hello()]), { type: "edited", step: "two" });
  expect(state.progress.two?.state).toBe("begun");
  expect(state.progress.one?.state).toBe("new");
});

/** The progress in steps that are named by their places. */
function stands(...states: StepState[]): ProgressByStep {
  const steps = states.map((state, index) => view(String(index), { state }));
  return progressFromHello({}, hello({ steps }), []);
}

it("is the best pass of a step that counts", () => {
  const passes = (state: StepState, helped: boolean) => {
    const made = attempt("try-9", { state: "judged", number: 1, passed: true, helped });
    const steps = [view("one", { state })];
    return seen([hello({ steps }), { type: "attempt", attempt: made }]).progress.one?.state;
  };
  expect(passes("begun", true)).toBe("passed_with_help");
  expect(passes("begun", false)).toBe("passed");
  expect(passes("passed", true)).toBe("passed");
  expect(passes("passed_with_help", true)).toBe("passed_with_help");
  expect(passes("passed_with_help", false)).toBe("passed");
});

it.each<[StepState[], string, string | null]>([
  [["passed", "new", "new"], "0", "1"],
  [["new", "passed", "begun"], "1", "2"],
  [["begun", "passed_with_help", "passed"], "1", "0"],
  [["passed", "passed_with_help"], "0", null],
  [["new", "passed"], "gone", "0"],
])("leads on from %j at %s to %s", (states, at, next) => {
  const ids = states.map((_, index) => String(index));
  expect(nextStep(stands(...states), ids, at)).toBe(next);
  expect(isFinished(stands(...states))).toBe(next === null);
});

it("is not finished before anything is known", () => {
  expect(isFinished({})).toBe(false);
});
