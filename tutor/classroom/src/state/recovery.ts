// A connection that was lost, until all that was written meanwhile is stored. Pure.

import { AVAILABLE, type State } from "./model";
import { unconfirmed } from "./orders";

/** `refusals`: how many there had been when the connection was lost. */
export type Recovery =
  | { phase: "none" }
  | { phase: "lost"; refusals: number }
  | { phase: "catching_up"; refusals: number }
  | { phase: "recovered" };

/** What follows; `isSaved`: the server has all programs. It says nothing of a first connection. */
export function recover(before: Recovery, state: State, isSaved: boolean): Recovery {
  const { connection, refusals } = state;
  switch (connection.state) {
    case "closed":
      return { phase: "none" };
    case "waiting":
    case "connecting":
      return state.greeted && before.phase !== "lost" ? lost(before, refusals) : before;
    case "online":
      return online(before, state, isSaved);
  }
}

/** What was refused before, and is not settled yet, still counts. */
function lost(before: Recovery, refusals: number): Recovery {
  return { phase: "lost", refusals: "refusals" in before ? before.refusals : refusals };
}

function online(before: Recovery, state: State, isSaved: boolean): Recovery {
  if (before.phase === "none" || before.phase === "recovered") {
    return before;
  }
  if (state.refusals !== before.refusals) {
    return { phase: "none" }; // the page says what was refused, and why
  }
  const isStored = isSaved && unconfirmed(state).length === 0;
  if (isStored && state.storage.state === AVAILABLE.state) {
    return { phase: "recovered" };
  }
  return before.phase === "catching_up" ? before : { ...before, phase: "catching_up" };
}
