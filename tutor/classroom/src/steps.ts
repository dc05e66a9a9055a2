// How far the student is in each step, and how attempts change it. Pure.
//
// 1. An attempt that has been judged, has failed or could not be read never goes back.
// 2. An attempt that the student has made here is not replaced by news of another one.

import type { AttemptView, CheckCode, Choose, Hello, Predict, StepView } from "./frames";
import { own } from "./records";

/** An order for an attempt. */
export type Try = CheckCode | Predict | Choose;

export interface Progress {
  state: StepView["state"];
  /** Attempts that count. */
  attempts: number;
  /** The last attempt, perhaps one that is under way; null if there was none. */
  last: AttemptView | null;
}

/** By step. */
export type AllProgress = Readonly<Record<string, Progress>>;

const NEW: Progress = { state: "new", attempts: 0, last: null };

export function progressIn(all: AllProgress, step: string): Progress {
  return own(all, step) ?? NEW;
}

export function isUnderWay(attempt: AttemptView | null): boolean {
  return attempt?.state === "queued" || attempt?.state === "running";
}

/** All that the server knows; attempts in `orders` it does not know yet are kept. */
export function greeted(all: AllProgress, hello: Hello, orders: Try[]): AllProgress {
  const steps = hello.steps.map(({ id, state, attempts, last }): [string, Progress] => {
    const ours = orders.some((order) => order.step === id);
    return [id, { state, attempts, last: ours ? progressIn(all, id).last : last }];
  });
  return Object.fromEntries(steps);
}

/** The student has made an attempt, and the server has not said anything yet. */
export function tried(all: AllProgress, order: Try): AllProgress {
  const step = order.step ?? "";
  const known = progressIn(all, step);
  return { ...all, [step]: { ...begun(known), last: ordered(order) } };
}

/** The step is shown. A text is read then, and done with. */
export function visited(all: AllProgress, step: string, isText: boolean): AllProgress {
  const known = progressIn(all, step);
  return isText ? { ...all, [step]: { ...known, state: "done" } } : touched(all, step);
}

/** The student has begun to work on the step. */
export function touched(all: AllProgress, step: string): AllProgress {
  const known = progressIn(all, step);
  return known.state === "new" ? { ...all, [step]: begun(known) } : all;
}

/** The server has said something of an attempt; `orders` are those it has not answered before. */
export function reported(all: AllProgress, attempt: AttemptView, orders: Try[]): AllProgress {
  const known = progressIn(all, attempt.step);
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
  return { ...all, [attempt.step]: judged(known, attempt) };
}

/** The server has not taken the attempt. */
export function refused(all: AllProgress, order: Try, why: string): AllProgress {
  const step = order.step ?? "";
  const known = progressIn(all, step);
  return known.last?.id === order.id
    ? { ...all, [step]: { ...known, last: { ...known.last, state: "failed", message: why } } }
    : all;
}

function judged(known: Progress, attempt: AttemptView): Progress {
  if (attempt.state !== "judged") {
    return { ...begun(known), last: attempt };
  }
  // A step is done once, for good. A prediction is made only once, right or wrong.
  const done = attempt.passed || attempt.output.length > 0 || attempt.prediction !== "";
  const state = done ? "done" : begun(known).state;
  return { state, attempts: Math.max(known.attempts, attempt.number), last: attempt };
}

function begun(known: Progress): Progress {
  return known.state === "new" ? { ...known, state: "begun" } : known;
}

function ordered(order: Try): AttemptView {
  return {
    id: order.id,
    step: order.step ?? "",
    state: "queued",
    position: 0,
    number: 0,
    passed: false,
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
