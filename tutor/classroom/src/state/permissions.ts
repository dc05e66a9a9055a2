// The actions open to the student now. The server holds the same rules; these disable the buttons.

import { hasProgram, type Step } from "../page/pageData";
import type { State } from "./model";
import { isUnderWay, progressOf } from "./progress";
import { isBusy } from "./selectors";

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

/** A prediction comes before the run. `step` is the one that is shown. */
export function mayRun(state: State, step: Step): boolean {
  const { state: progress } = progressOf(state.progress, step.id);
  return hasProgram(step) && (step.kind !== "predict" || progress === "done") && mayTry(state);
}

/** An answer to the question of the step that is shown: nothing is run for it. */
export function mayChoose(state: State): boolean {
  return isOnline(state) && !isUnderWay(progressOf(state.progress, state.step).last);
}
