// The student's progress in each step, and its change by attempts. Pure.
//
// 1. An attempt that has been judged, has failed or could not be read never goes back.
// 2. An attempt that the student has made here is not replaced by news of another one.
// 3. A step that is passed stays so. Passed with help, it may still be passed without.

import { ownProperty } from "../base/records";
import type { AttemptView, CheckCode, Choose, Hello, Predict, StepView } from "../protocol/frames";

/** An order for an attempt. */
export type AttemptOrder = CheckCode | Predict | Choose;

export type StepState = StepView["state"];

/** The states in words. */
export const STATE_LABELS: Record<StepState, string> = {
  new: "new",
  begun: "begun",
  passed: "passed",
  passed_with_help: "passed with help",
};

export interface Progress {
  state: StepState;
  /** Attempts that count. */
  attempts: number;
  /** The last attempt, perhaps one that is under way; null if there was none. */
  last: AttemptView | null;
}

/** By step. */
export type ProgressByStep = Readonly<Record<string, Progress>>;

const NEW_PROGRESS: Progress = { state: "new", attempts: 0, last: null };

export function progressOf(all: ProgressByStep, step: string): Progress {
  return ownProperty(all, step) ?? NEW_PROGRESS;
}

/** Is a step in this state done with? */
export function isPassed(state: StepState): boolean {
  return state === "passed" || state === "passed_with_help";
}

/** Are all steps passed? They are known from the first hello on. */
export function isFinished(all: ProgressByStep): boolean {
  const known = Object.values(all);
  return known.length > 0 && known.every(({ state }) => isPassed(state));
}

/** Of `steps` in their order the next after `at` that is not passed, else the first that was left. */
export function nextStep(all: ProgressByStep, steps: readonly string[], at: string): string | null {
  const here = steps.indexOf(at) + 1;
  const ahead = [...steps.slice(here), ...steps.slice(0, here)];
  return ahead.find((step) => !isPassed(progressOf(all, step).state)) ?? null;
}

export function isUnderWay(attempt: AttemptView | null): boolean {
  return attempt?.state === "queued" || attempt?.state === "running";
}

/** All that the server knows; attempts in `orders` it does not know yet are kept. */
export function progressFromHello(
  all: ProgressByStep,
  hello: Hello,
  orders: AttemptOrder[],
): ProgressByStep {
  const steps = hello.steps.map(({ id, state, attempts, last }): [string, Progress] => {
    const ours = orders.some((order) => order.step === id);
    return [id, { state, attempts, last: ours ? progressOf(all, id).last : last }];
  });
  return Object.fromEntries(steps);
}

/** The student has made an attempt, and the server has not said anything yet. */
export function orderAttempt(all: ProgressByStep, order: AttemptOrder): ProgressByStep {
  const step = order.step ?? "";
  const known = progressOf(all, step);
  return { ...all, [step]: { ...begunProgress(known), last: queuedAttempt(order) } };
}

/** The step is shown. A text is read then, and done with. */
export function visitStep(all: ProgressByStep, step: string, isText: boolean): ProgressByStep {
  const known = progressOf(all, step);
  return isText
    ? { ...all, [step]: { ...known, state: passedState(known.state, false) } }
    : touchStep(all, step);
}

/** The student has begun to work on the step. */
export function touchStep(all: ProgressByStep, step: string): ProgressByStep {
  const known = progressOf(all, step);
  return known.state === "new" ? { ...all, [step]: begunProgress(known) } : all;
}

/** The server has said something of an attempt; `orders` are those it has not answered before. */
export function applyAttempt(
  all: ProgressByStep,
  attempt: AttemptView,
  orders: AttemptOrder[],
): ProgressByStep {
  const known = progressOf(all, attempt.step);
  const last = known.last;
  if (last && last.id !== attempt.id) {
    // From another page of the student's, or late news of an older attempt.
    const ours = orders.some((order) => order.step === attempt.step);
    // What its page was told on the way may not have been told here.
    const isNewer = !isUnderWay(last) && attempt.number > known.attempts;
    if (ours || !(isUnderWay(attempt) || isNewer)) {
      return all;
    }
  } else if (last && !isUnderWay(last) && isUnderWay(attempt)) {
    return all;
  }
  return { ...all, [attempt.step]: judgedProgress(known, attempt) };
}

/** The server has not taken the attempt. */
export function refuseAttempt(
  all: ProgressByStep,
  order: AttemptOrder,
  why: string,
): ProgressByStep {
  const step = order.step ?? "";
  const known = progressOf(all, step);
  return known.last?.id === order.id
    ? { ...all, [step]: { ...known, last: { ...known.last, state: "failed", message: why } } }
    : all;
}

function judgedProgress(known: Progress, attempt: AttemptView): Progress {
  if (attempt.state !== "judged") {
    return { ...begunProgress(known), last: attempt };
  }
  // A prediction is made only once, right or wrong.
  const passes = attempt.passed || attempt.output.length > 0 || attempt.prediction !== "";
  const state = passes ? passedState(known.state, attempt.helped) : begunProgress(known).state;
  return { state, attempts: Math.max(known.attempts, attempt.number), last: attempt };
}

/** The state of a step once it is passed, perhaps again. */
function passedState(known: StepState, helped: boolean): StepState {
  return helped && known !== "passed" ? "passed_with_help" : "passed";
}

function begunProgress(known: Progress): Progress {
  return known.state === "new" ? { ...known, state: "begun" } : known;
}

function queuedAttempt(order: AttemptOrder): AttemptView {
  return {
    id: order.id,
    step: order.step ?? "",
    state: "queued",
    position: 0,
    starting: false,
    number: 0,
    passed: false,
    helped: false,
    message: "",
    cases: [],
    hidden: 0,
    hidden_passed: 0,
    rules: [],
    prediction: order.type === "predict" ? order.text : "",
    output: [],
    differs: null,
    choices: order.type === "choose" ? order.choices : [],
    because: [],
  };
}
