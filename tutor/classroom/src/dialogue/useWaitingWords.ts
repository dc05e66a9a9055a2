import { useEffect, useRef, useState } from "preact/hooks";
import type { Step } from "../page/pageData";
import type { State } from "../state/model";
import { activityOf, nextWordsIn, type Waiting, waitingWords } from "./waitingWords";

/** The words for what the tutor is at, which change as time passes: by no clock that is set. */
export function useWaitingWords(state: State, step: Step): Waiting | null {
  const activity = activityOf(state);
  const place = `${state.turn?.number} ${activity}`;
  const since = useRef({ place, at: performance.now() });
  const [ticks, tick] = useState(0);
  if (since.current.place !== place) {
    since.current = { place, at: performance.now() };
  }
  const elapsed = performance.now() - since.current.at;
  // biome-ignore lint/correctness/useExhaustiveDependencies: timed anew for each state and its words
  useEffect(() => {
    const ms = activity ? nextWordsIn(activity, performance.now() - since.current.at) : null;
    if (ms === null) {
      return;
    }
    // A timer may ring a moment early.
    const timer = setTimeout(() => tick((count) => count + 1), ms + 1);
    return () => clearTimeout(timer);
  }, [place, ticks]);
  return waitingWords(state, step, elapsed);
}
