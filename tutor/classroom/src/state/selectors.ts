// Questions about the state that several components ask.

import { ownProperty } from "../base/records";
import { hasEnded } from "./dialogue";
import type { ResultTab, State } from "./model";
import { isUnderWay, progressOf } from "./progress";
import { isRunning } from "./runState";

/** Is the tutor at work on an answer? */
export function isAnswering(state: State): boolean {
  return state.turn !== null && !hasEnded(state.turn);
}

/** Is a program of the student's on, or an attempt? Then nothing else of theirs can be run. */
export function isBusy(state: State): boolean {
  const attempts = Object.values(state.progress).map(({ last }) => last);
  return (state.ownRun !== null && isRunning(state.ownRun)) || attempts.some(isUnderWay);
}

/** A run or attempt under way in a step that is not shown; null if there is none. */
export function activityElsewhere(state: State): { id: string; step: string } | null {
  if (state.ownRun && isRunning(state.ownRun) && state.ownRunStep !== state.step) {
    return { id: state.ownRun.id, step: state.ownRunStep };
  }
  const attempts = Object.values(state.progress).map(({ last }) => last);
  return attempts.find((one) => isUnderWay(one) && one?.step !== state.step) ?? null;
}

/** The tab under the editor in the step that is shown. */
export function shownResult(state: State): ResultTab {
  const checked = progressOf(state.progress, state.step).last !== null;
  const runs = state.ownRun !== null && isRunning(state.ownRun) && state.ownRunStep === state.step;
  // After a reload nobody knows which came last; the check tells more.
  return ownProperty(state.resultTabs, state.step) ?? (checked && !runs ? "check" : "output");
}
