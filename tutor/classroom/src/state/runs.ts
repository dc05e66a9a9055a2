// Runs as the server reports them: the student's own last one, and those of the tutor.

import type { Hello, Output, RunView } from "../protocol/frames";
import { insertItem } from "./dialogue";
import type { State } from "./model";
import { appendOutput, isRunning, newerReport } from "./runState";

export function changeOwnRun(state: State, run: RunView): State {
  const known = state.ownRun;
  if (known && known.id !== run.id) {
    // Another page of the student's began a run, or the end of an older run comes late.
    const ordered = state.orders.some(({ type }) => type === "run");
    return isRunning(run) && !ordered ? { ...state, ownRun: run, ownRunStep: state.step } : state;
  }
  return {
    ...state,
    orders: state.orders.filter(({ id }) => id !== run.id),
    ownRun: known ? newerReport(known, run) : run,
    ownRunStep: known ? state.ownRunStep : state.step,
  };
}

export function changeTutorRun(state: State, run: RunView): State {
  const item = state.items.find((one) => one.kind === "run" && one.run.id === run.id);
  if (item?.kind === "run") {
    const grown = { ...item, run: newerReport(item.run, run) };
    return { ...state, items: insertItem(state.items, grown) };
  }
  const at = state.tutorRuns.findIndex((one) => one.id === run.id);
  const known = state.tutorRuns[at];
  return {
    ...state,
    tutorRuns: known
      ? state.tutorRuns.with(at, newerReport(known, run))
      : [...state.tutorRuns, run],
  };
}

export function printOutput(state: State, output: Output): State {
  const grow = (one: RunView) => (one.id === output.run ? appendOutput(one, output) : one);
  if (state.ownRun?.id === output.run) {
    return { ...state, ownRun: grow(state.ownRun) };
  }
  if (state.tutorRuns.some(({ id }) => id === output.run)) {
    return { ...state, tutorRuns: state.tutorRuns.map(grow) };
  }
  const item = state.items.find((one) => one.kind === "run" && one.run.id === output.run);
  if (item?.kind !== "run") {
    return state;
  }
  const items = state.items.with(state.items.indexOf(item), { ...item, run: grow(item.run) });
  return { ...state, items };
}

/** The step that the last run most likely belongs to: the one whose program it was. */
export function stepOfRun({ steps: all, step, last_run }: Hello): string {
  const same = all.filter(({ code }) => code === last_run?.code).map(({ id }) => id);
  return same.includes(step) ? step : (same[0] ?? step);
}
