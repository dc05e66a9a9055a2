import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { earlierFrom, laterFrom, type ShownFrom, shownItems } from "../state/shownItems";
import { useKeptPlace } from "./useKeptPlace";

/** Which items are drawn in the box, and how the reader gets to others. */
export function useShownItems(
  classroom: Classroom,
  box: RefObject<HTMLElement | null>,
  following: boolean,
) {
  const { state } = classroom;
  const [from, setFrom] = useState<ShownFrom>(null);
  const shown = shownItems(state, from);
  const last = state.items.at(-1)?.number;
  // Who reads at the end needs no more than that: once there is something new, or they are back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are the occasions
  useEffect(() => {
    if (following && !shown.hasLater) {
      setFrom(null);
    }
  }, [following, last]);
  useKeptPlace(box, shown.items[0]?.number);
  const showEarlier = () => {
    if (!shown.hasEarlier) {
      classroom.moves.readOlder();
    }
    setFrom(earlierFrom(state, from));
  };
  const showLater = () => setFrom(laterFrom(state, from));
  return { shown, from, showEarlier, showLater, showLast: () => setFrom(null) };
}
