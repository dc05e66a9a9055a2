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
    const ownRunStep = run.step || state.step;
    return isRunning(run) && !ordered ? { ...state, ownRun: run, ownRunStep } : state;
  }
  return {
    ...state,
    orders: state.orders.filter(({ id }) => id !== run.id),
    ownRun: known ? newerReport(known, run) : run,
    ownRunStep: known ? state.ownRunStep : state.step,
  };
}

/** The student's own run after `hello`: of the same one, what the page has seen of it already stays. */
export function ownRunAfter(state: State, { last_run: told }: Hello): RunView | null {
  return told && state.ownRun?.id === told.id ? newerReport(state.ownRun, told) : told;
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

/** The step that the last run belongs to; of an old one, most likely the one whose program it was. */
export function stepOfRun({ steps: all, step, last_run }: Hello): string {
  if (all.some(({ id }) => id === last_run?.step)) {
    return last_run?.step ?? step;
  }
  const same = all.filter(({ code }) => code === last_run?.code).map(({ id }) => id);
  return same.includes(step) ? step : (same[0] ?? step);
}
