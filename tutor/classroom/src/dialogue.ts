// The dialogue: its items, the messages that wait, the turn, the answer that is being written. Pure;
// the rules stand in state.ts.

import type { TurnChanged, WaitingMessage } from "./frames";
import { newer } from "./running";
import type { Item, Piece, State } from "./state";

export function store(state: State, item: Item): State {
  const live =
    item.kind === "run" ? state.tutorRuns.find((run) => run.id === item.run.id) : undefined;
  const came = item.kind === "run" && live ? { ...item, run: newer(live, item.run) } : item;
  return {
    ...state,
    items: insert(state.items, came),
    unsent:
      item.kind === "student" ? state.unsent.filter(({ id }) => id !== item.id) : state.unsent,
    waiting:
      item.kind === "student" ? state.waiting.filter(({ id }) => id !== item.id) : state.waiting,
    writing:
      item.kind === "tutor"
        ? state.writing.filter((piece) => piece.turn !== item.turn)
        : state.writing,
    tutorRuns: live ? state.tutorRuns.filter((run) => run !== live) : state.tutorRuns,
  };
}

/** Our own message is stored and waits; `waiting` will say so too, in its place. */
export function wait(state: State, id: string): State {
  const say = state.unsent.find((one) => one.id === id);
  const known = state.waiting.some((one) => one.id === id);
  return {
    ...state,
    unsent: state.unsent.filter((one) => one !== say),
    waiting: say && !known ? [...state.waiting, { id, text: say.text }] : state.waiting,
  };
}

export function setWaiting(state: State, messages: WaitingMessage[]): State {
  // What was read before a message was told may come after it.
  const told = new Set(state.items.map((item) => (item.kind === "student" ? item.id : "")));
  return { ...state, waiting: messages.filter(({ id }) => !told.has(id)) };
}

export function insert(items: Item[], item: Item): Item[] {
  const at = items.findIndex((known) => known.number >= item.number);
  if (at < 0) {
    return [...items, item];
  }
  const known = items[at];
  if (known?.number !== item.number) {
    return items.toSpliced(at, 0, item);
  }
  const merged =
    known.kind === "run" && item.kind === "run"
      ? { ...item, run: newer(known.run, item.run) }
      : item;
  return items.with(at, merged);
}

export function changeTurn(state: State, turn: TurnChanged): State {
  if (state.turn && turn.number < state.turn.number) {
    return state;
  }
  const ended = isEnded(turn);
  return {
    ...state,
    turn,
    stopping: ended ? null : state.stopping,
    writing: state.writing.filter((piece) => !ended && piece.turn === turn.number),
    tutorRuns: ended ? [] : state.tutorRuns,
  };
}

export function write(state: State, delta: Piece): State {
  const current = state.turn;
  if (
    current &&
    (delta.turn < current.number || (delta.turn === current.number && isEnded(current)))
  ) {
    return state;
  }
  const at = state.writing.findIndex(
    (piece) => piece.turn === delta.turn && piece.request === delta.request,
  );
  const { turn, request } = delta;
  const text = (state.writing[at]?.text ?? "") + delta.text;
  const piece = { turn, request, text };
  return {
    ...state,
    writing: at < 0 ? [...state.writing, piece] : state.writing.with(at, piece),
  };
}

export function isEnded(turn: TurnChanged): boolean {
  return turn.state === "done" || turn.state === "stopped" || turn.state === "failed";
}

export function giveBack(state: State, id: string, why: string): State {
  const say = state.unsent.find((one) => one.id === id);
  if (!say) {
    return why ? { ...state, notice: why } : state;
  }
  return {
    ...state,
    unsent: state.unsent.filter((one) => one !== say),
    returned: { id, text: say.text, why },
  };
}
