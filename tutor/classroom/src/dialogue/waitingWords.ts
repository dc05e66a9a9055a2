// What is said while the tutor lets one wait, and what can be done meanwhile. Pure.

import { hasProgram, isEditable, type Step } from "../page/pageData";
import type { State } from "../state/model";
import { mayRun } from "../state/permissions";
import { isRunning } from "../state/runState";
import { isAnswering } from "../state/selectors";

/** What the tutor is at: `looking` at the student's program, by running it, or running its own. */
type Activity = "thinking" | "looking" | "running" | "speaking";

/** The words for it, from so many milliseconds after it has begun. */
interface WaitingWords {
  readonly activity: Activity;
  readonly after: number;
  readonly words: string;
  /** Whether a screen reader says them too: it has said already that the tutor is answering. */
  readonly spoken: boolean;
}

// Within the first moment most answers begin: what flashes up is no word.
export const WORDS: readonly WaitingWords[] = [
  { activity: "thinking", after: 400, words: "The tutor is thinking", spoken: false },
  { activity: "thinking", after: 8_000, words: "The tutor is still thinking", spoken: true },
  {
    activity: "thinking",
    after: 30_000,
    words: "The tutor is still thinking; this takes longer than usual",
    spoken: true,
  },
  { activity: "looking", after: 0, words: "The tutor is looking at your program", spoken: true },
  {
    activity: "looking",
    after: 8_000,
    words: "The tutor is still looking at your program",
    spoken: true,
  },
  { activity: "running", after: 0, words: "The tutor is trying a program", spoken: true },
  { activity: "running", after: 8_000, words: "The tutor is still trying a program", spoken: true },
];

export interface Waiting {
  readonly words: string;
  /** What can be done meanwhile; empty where nothing need be said. */
  readonly meanwhile: string;
  readonly spoken: boolean;
}

/** The words for a turn that has been in its state for so long; null where there are none. */
export function waitingWords(state: State, step: Step, elapsed: number): Waiting | null {
  const { turn } = state;
  const activity = activityOf(state);
  if (!turn || !activity) {
    return null;
  }
  const meanwhile = meanwhileWords(state, step);
  if (turn.message) {
    // The server knows better; what it says of an answer asked anew stands for itself.
    return turn.asked_anew ? null : { words: turn.message, meanwhile, spoken: true };
  }
  const due = WORDS.filter((one) => one.activity === activity && one.after <= elapsed).at(-1);
  return due ? { words: due.words, meanwhile, spoken: due.spoken } : null;
}

/** What the tutor is at; null while nothing is asked. */
export function activityOf(state: State): Activity | null {
  const { turn } = state;
  if (!turn || !isAnswering(state)) {
    return null;
  }
  switch (turn.state) {
    case "running":
      return state.tutorRuns.some((run) => run.own && isRunning(run)) ? "looking" : "running";
    case "speaking":
      return "speaking";
    default:
      return "thinking";
  }
}

/** Milliseconds until other words are due; null if the last ones are. */
export function nextWordsIn(activity: Activity, elapsed: number): number | null {
  const later = WORDS.filter((one) => one.activity === activity && one.after > elapsed);
  return later.length > 0 ? Math.min(...later.map((one) => one.after - elapsed)) : null;
}

function meanwhileWords(state: State, step: Step): string {
  if (hasProgram(step) && mayRun(state, step)) {
    return isEditable(step)
      ? "You can run your program or go on writing."
      : "You can run the program meanwhile.";
  }
  return isEditable(step) ? "You can go on writing." : "You can go on reading.";
}
