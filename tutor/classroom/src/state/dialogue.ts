// The dialogue: its items, the messages that wait, the turn, the answer that is being written. Pure;
// the rules stand in state.ts.

import type { Delta, SoFar, TurnChanged, WaitingMessage, Withdrawn } from "../protocol/frames";
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
    writing: item.kind === "tutor" ? emptied(state.writing, item.turn) : state.writing,
    tutorRuns: live ? state.tutorRuns.filter((run) => run !== live) : state.tutorRuns,
  };
}

/** Older ones come with their page: alone, one would stand beside a gap. */
function isHere({ items, start }: State, { number }: Item): boolean {
  return number >= start || items.some((known) => known.number === number);
}

/** All that was said in a turn is stored; what is said next in the same request is counted on. */
function emptied(writing: AnswerPiece[], turn: number): AnswerPiece[] {
  return writing.map((piece) => (piece.turn === turn ? { ...piece, text: "" } : piece));
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
  // What whoever was at it had said is not stored, and is said by nobody any more.
  const goes = ended || turn.asked_anew;
  const wasRead = turn.asked_anew && hasText(state, turn.number);
  const anew = state.askedAnew?.turn === turn.number ? state.askedAnew : null;
  return {
    ...state,
    turn,
    withdrawnIn: wasRead || state.withdrawnIn === turn.number ? turn.number : null,
    stopping: ended ? null : state.stopping,
    writing: state.writing.filter((piece) => !goes && piece.turn === turn.number),
    askedAnew: turn.asked_anew ? { turn: turn.number, message: turn.message } : anew,
    tutorRuns: ended ? [] : state.tutorRuns,
  };
}

/** Is there something to read of the answer that is being written in this turn? */
export function hasText(state: State, turn: number): boolean {
  return state.writing.some((piece) => piece.turn === turn && piece.text !== "");
}

export function appendDelta(state: State, delta: Delta): State {
  const { turn, request, seq } = delta;
  const known = state.writing.find((one) => one.turn === turn && one.request === request);
  const heard = known?.seq ?? 0;
  if (isPast(state, turn) || seq <= heard) {
    return state;
  }
  return (delta.first || seq) === heard + 1
    ? write(state, { turn, request, seq, text: (known?.text ?? "") + delta.text })
    : { ...state, answerGap: turn };
}

/** All of an answer that is being written, in place of what this page has of it. */
export function replaceAnswer(state: State, { turn, request, seq, text }: SoFar): State {
  return isPast(state, turn) ? state : write(state, { turn, request, seq, text });
}

/** Is nothing of this turn being written any more? */
function isPast({ turn }: State, number: number): boolean {
  return turn !== null && (number < turn.number || (number === turn.number && hasEnded(turn)));
}

function write(state: State, piece: AnswerPiece): State {
  const { turn, request } = piece;
  const at = state.writing.findIndex((one) => one.turn === turn && one.request === request);
  return {
    ...state,
    writing: at < 0 ? [...state.writing, piece] : state.writing.with(at, piece),
  };
}

/** The answer is asked for again: nothing of it stays, but the room that it had. */
export function withdraw(state: State, { turn, request }: Withdrawn): State {
  const kept = state.writing.filter((piece) => piece.turn !== turn || piece.request !== request);
  const wasRead = state.writing.some((piece) => !kept.includes(piece) && piece.text !== "");
  return { ...state, writing: kept, withdrawnIn: wasRead ? turn : state.withdrawnIn };
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
