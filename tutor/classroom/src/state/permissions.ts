// The actions open to the student now. The server holds the same rules; these disable the buttons.

import { hasProgram, type Step } from "../page/pageData";
import type { State } from "./model";
import { openPrediction } from "./moves";
import { isPassed, isUnderWay, progressOf } from "./progress";
import { isAnswering, isBusy } from "./selectors";

export function isOnline(state: State): boolean {
  return state.greeted && state.connection.state === "online";
}

/** One message on its way at a time. While the tutor answers, more may be said: it waits. */
export function maySay({ greeted, unsent, connection }: State): boolean {
  return greeted && unsent.length === 0 && connection.state !== "closed";
}

/** One program of the student's at a time, and one attempt. */
export function mayTry(state: State): boolean {
  return isOnline(state) && !isBusy(state);
}

/** The prediction that must come before a run in the step: of the step itself, or of the tutor's
 *  question; null if there is none. */
export function duePrediction(state: State, step: Step): "step" | "question" | null {
  if (step.kind === "predict" && !isPassed(progressOf(state.progress, step.id).state)) {
    return "step";
  }
  return openPrediction(state.items, step.id) ? "question" : null;
}

/** A prediction comes before the run. `step` is the one that is shown. */
export function mayRun(state: State, step: Step): boolean {
  return hasProgram(step) && mayCheck(state, step);
}

/** May the program of a step be tried against its cases? */
export function mayCheck(state: State, step: Step): boolean {
  return duePrediction(state, step) === null && mayTry(state);
}

/** Why no hint can be asked for at this moment; empty if one can. */
export function hintObstacle(state: State): string {
  if (!isOnline(state)) {
    return "You can ask for a hint as soon as you are online.";
  }
  return isAnswering(state) ? "You can ask for a hint when the tutor has answered." : "";
}

/** An answer to the question of the step that is shown: nothing is run for it. */
export function mayChoose(state: State): boolean {
  return isOnline(state) && !isUnderWay(progressOf(state.progress, state.step).last);
}
