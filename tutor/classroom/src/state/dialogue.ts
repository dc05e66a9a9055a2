// The dialogue: its items, the messages that wait, the turn, the answer that is being written. Pure;
// the rules stand in state.ts.

import type { TurnChanged, WaitingMessage, Withdrawn } from "../protocol/frames";
import type { AnswerPiece, Item, State } from "./model";
import { newerPrediction } from "./moves";
import { newerReport } from "./runState";

export function storeItem(state: State, item: Item): State {
  const live =
    item.kind === "run" ? state.tutorRuns.find((run) => run.id === item.run.id) : undefined;
  const came = item.kind === "run" && live ? { ...item, run: newerReport(live, item.run) } : item;
  return {
    ...state,
    items: isHere(state, came) ? insertItem(state.items, came) : state.items,
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

/** Older ones come with their page: alone, one would stand beside a gap. */
function isHere({ items, start }: State, { number }: Item): boolean {
  return number >= start || items.some((known) => known.number === number);
}

/** Our own message is stored and waits; `waiting` will say so too, in its place. */
export function queueMessage(state: State, id: string): State {
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

export function insertItem(items: Item[], item: Item): Item[] {
  const at = items.findIndex((known) => known.number >= item.number);
  if (at < 0) {
    return [...items, item];
  }
  const known = items[at];
  if (known?.number !== item.number) {
    return items.toSpliced(at, 0, item);
  }
  return items.with(at, mergedItem(known, item));
}

function mergedItem(known: Item, came: Item): Item {
  if (known.kind === "run" && came.kind === "run") {
    return { ...came, run: newerReport(known.run, came.run) };
  }
  return known.kind === "prediction" && came.kind === "prediction"
    ? { ...came, prediction: newerPrediction(known.prediction, came.prediction) }
    : came;
}

export function changeTurn(state: State, turn: TurnChanged): State {
  if (state.turn && turn.number < state.turn.number) {
    return state;
  }
  const ended = hasEnded(turn);
  return {
    ...state,
    turn,
    withdrawnIn: state.withdrawnIn === turn.number ? turn.number : null,
    stopping: ended ? null : state.stopping,
    writing: state.writing.filter((piece) => !ended && piece.turn === turn.number),
    tutorRuns: ended ? [] : state.tutorRuns,
  };
}

export function appendDelta(state: State, delta: AnswerPiece): State {
  const current = state.turn;
  if (
    current &&
    (delta.turn < current.number || (delta.turn === current.number && hasEnded(current)))
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

/** All of an answer that is being written, in place of what this page has of it. */
export function replaceAnswer(state: State, soFar: AnswerPiece): State {
  const { turn, request, text } = soFar;
  const others = state.writing.filter((one) => one.turn !== turn || one.request !== request);
  return appendDelta({ ...state, writing: others }, { turn, request, text });
}

/** The answer is asked for again: nothing of it stays, but the room that it had. */
export function withdraw(state: State, { turn, request }: Withdrawn): State {
  const kept = state.writing.filter((piece) => piece.turn !== turn || piece.request !== request);
  return kept.length < state.writing.length
    ? { ...state, writing: kept, withdrawnIn: turn }
    : state;
}

export function hasEnded(turn: TurnChanged): boolean {
  return turn.state === "done" || turn.state === "stopped" || turn.state === "failed";
}

export function returnMessage(state: State, id: string, why: string): State {
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
