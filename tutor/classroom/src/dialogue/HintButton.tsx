import type { Classroom } from "../classroom/classroom";
import { hintObstacle } from "../state/permissions";

/** Asks for a hint about the program of the step. */
export function HintButton({ classroom }: { classroom: Classroom }) {
  const { state, step } = classroom;
  if (step.kind !== "code") {
    return null;
  }
  // It can be pressed all the same: then it says why there is none.
  const why = hintObstacle(state);
  return (
    <button
      type="button"
      class="small hint-button"
      aria-disabled={why !== ""}
      title={why || "Ask for a hint. It counts as help."}
      onClick={() => classroom.moves.askHint(step)}
    >
      {state.hintOrder ? "Asking for a hint…" : "A hint"}
    </button>
  );
}

/** Why there was no hint; it stays empty in the page, so that screen readers hear of it. */
export function HintRefusal({ classroom }: { classroom: Classroom }) {
  const { hintRefusal } = classroom.state;
  return (
    <div role="status" aria-label="Hint">
      {hintRefusal && <p class="notice">{hintRefusal}</p>}
    </div>
  );
}
