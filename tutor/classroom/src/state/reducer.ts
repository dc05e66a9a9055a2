// The state after an event. Pure: no clock, no I/O.
//
// 1. `hello` replaces all that came from the server, but for older items (pages.ts); what the student
//    sent and nobody confirmed stays, to be sent again.
// 2. Items are told apart by number, runs and the student's messages by id: what comes twice counts
//    once. A message is first unsent, then waits if the tutor is answering, then is an item.
// 3. Pieces of an answer belong to a turn and a request, and are counted within it: one that is known
//    counts for nothing, and after one that is missing nothing more is shown until a new connection
//    has brought all of it. A stored answer of the turn replaces them, `withdrawn` removes those of
//    one request, a turn that is asked anew all; pieces of an ended or older turn are dropped.
// 4. A run that has ended never goes back to running; the same holds for attempts (progress.ts).
//    Pieces of an output are counted: only the next one is shown (runState.ts).
// 5. Predictions, hints and offers have rules of their own (moves.ts).
// 6. It is shown that the lesson is finished when its last step is passed while the page is open, but
//    not over a text that has just come up, which waits to be read.
// 7. The student chooses the step that is shown. Only the first `hello` may choose for them.

import type { Accepted, Hello, ToBrowser } from "../protocol/frames";
import {
  appendDelta,
  changeTurn,
  hasEnded,
  hasText,
  queueMessage,
  replaceAnswer,
  returnMessage,
  setWaiting,
  storeItem,
  withdraw,
} from "./dialogue";
import { AVAILABLE, type State, type StateEvent } from "./model";
import { acceptAnswer, answersLeft, changePrediction, outdatesRefusal, sendAnswer } from "./moves";
import { attemptsAmong, isKnownTo, orderRun, orderStepAttempt, refuseSent } from "./orders";
import { addOlder, pagesAfterHello } from "./pages";
import { applyAttempt, isFinished, progressFromHello, touchStep, visitStep } from "./progress";
import { changeOwnRun, changeTutorRun, ownRunAfter, printOutput, stepOfRun } from "./runs";

export function reduce(state: State, event: StateEvent): State {
  const known = outdatesRefusal(event) ? { ...state, hintRefusal: "" } : state;
  const next = reduceEvent(known, event);
  const isEnd = event.type === "frame" && known.greeted && !isFinished(known.progress);
  return isEnd && isFinished(next.progress) ? { ...next, finish: "arrived" } : next;
}

function reduceEvent(state: State, event: StateEvent): State {
  switch (event.type) {
    case "frame":
      return reduceFrame(state, event.frame);
    case "connection_changed":
      // What was told of the storage was told of the connection before.
      return event.connection.state === "connecting" || event.connection.state === "online"
        ? { ...state, connection: event.connection, storage: AVAILABLE }
        : { ...state, connection: event.connection };
    case "message_said":
      return { ...state, unsent: [...state.unsent, event.say], returned: null, notice: "" };
    case "unsent_found":
      return {
        ...state,
        unsent: [...state.unsent, ...event.said],
        answers: [...state.answers, ...event.answers],
      };
    case "run_ordered":
      return orderRun(state, event.order);
    case "attempt_ordered":
      return orderStepAttempt(state, event.order);
    case "step_shown":
      return {
        ...state,
        step: event.step,
        stepChosen: true,
        blockedRuns: 0,
        finish: "closed",
        progress: visitStep(state.progress, event.step, event.isText),
      };
    case "edited":
      return { ...state, progress: touchStep(state.progress, event.step) };
    case "result_shown":
      return { ...state, resultTabs: { ...state.resultTabs, [state.step]: event.result } };
    case "input_ended":
      return { ...state, inputEnded: event.id };
    case "stopped":
      return { ...state, stopping: state.turn?.number ?? null };
    case "message_taken_back":
      return returnMessage(state, event.id, "");
    case "prediction_answered":
      return sendAnswer(state, event.answer);
    case "answer_refused": {
      const { prediction, why } = event;
      return { ...state, answerErrors: { ...state.answerErrors, [prediction]: why } };
    }
    case "hint_ordered":
      return { ...state, hintOrder: event.order };
    case "hint_refused":
      return { ...state, hintRefusal: event.why };
    case "run_blocked":
      return { ...state, blockedRuns: state.blockedRuns + 1 };
    case "older_ordered":
      return { ...state, olderOrder: state.start };
    case "panel_shown":
      return { ...state, panel: event.panel };
    case "finish_shown":
      return { ...state, finish: event.shown ? "asked" : "closed" };
    case "returned_shown":
      return { ...state, returned: null };
    case "notice_changed":
      return { ...state, notice: event.message };
  }
}

function reduceFrame(state: State, frame: ToBrowser): State {
  switch (frame.type) {
    case "hello":
      return applyHello(state, frame);
    case "accepted":
      return applyAccepted(state, frame);
    case "waiting":
      return setWaiting(state, frame.messages);
    case "refused":
      return refuseSent({ ...state, refusals: state.refusals + 1 }, frame.id, frame.message);
    case "turn":
      return changeTurn(state, frame);
    case "delta":
      return appendDelta(state, frame);
    case "so_far":
      return replaceAnswer(state, frame);
    case "withdrawn":
      return withdraw(state, frame);
    case "item":
      return storeItem(state, frame.item);
    case "items":
      return addOlder(state, frame);
    case "run_changed":
      return frame.run.by === "student"
        ? changeOwnRun(state, frame.run)
        : changeTutorRun(state, frame.run);
    case "output":
      return printOutput(state, frame);
    case "attempt":
      return {
        ...state,
        progress: applyAttempt(state.progress, frame.attempt, attemptsAmong(state.orders)),
        orders: state.orders.filter(({ id }) => id !== frame.attempt.id),
      };
    case "prediction":
      return changePrediction(state, frame.prediction);
    case "tutor":
      return { ...state, tutor: frame };
    case "storage":
      return { ...state, storage: frame };
    case "error":
      return { ...state, notice: frame.message };
    case "saved": // the programs are kept in programs.ts
    case "program":
    case "check": // the connection answers it
    case "pong":
      return state;
    default:
      // A newer server may say more than this page understands.
      return ignore(state, frame);
  }
}

function ignore(state: State, _frame: never): State {
  return state;
}

function applyAccepted(state: State, { id, item }: Accepted): State {
  const hintOrder = state.hintOrder?.id === id ? null : state.hintOrder;
  const next = { ...acceptAnswer(state, id), hintOrder };
  return item ? storeItem(next, item) : queueMessage(next, id);
}

function applyHello(state: State, hello: Hello): State {
  const stored = new Set(hello.items.map((item) => (item.kind === "student" ? item.id : "")));
  const waits = new Set(hello.waiting.map(({ id }) => id));
  const isKnown = (id = "") => stored.has(id) || waits.has(id);
  const orders = state.orders.filter((order) => !isKnownTo(hello, order));
  const running = hello.turn && !hasEnded(hello.turn) ? hello.turn.number : 0;
  const ownRun = orders.some(({ type }) => type === "run")
    ? state.ownRun
    : ownRunAfter(state, hello);
  return {
    ...state,
    greeted: true,
    emulated: hello.emulated,
    ...pagesAfterHello(state, hello),
    turn: hello.turn,
    writing: [],
    // The answer that is being written is brought again at once: its room is kept until then.
    withdrawnIn: hasText(state, running) ? running : null,
    answerGap: state.answerGap === running ? running : null,
    askedAnew: state.askedAnew?.turn === running ? state.askedAnew : null,
    unsent: state.unsent.filter(({ id }) => !isKnown(id)),
    waiting: hello.waiting.filter(({ id }) => !stored.has(id)),
    answers: answersLeft(state.answers, hello).filter(({ id }) => !isKnown(id)),
    hintOrder: isKnown(state.hintOrder?.id) ? null : state.hintOrder,
    step: stepAfterHello(state, hello),
    progress: progressFromHello(state.progress, hello, attemptsAmong(orders)),
    ownRun,
    ownRunStep: ownRun?.id === state.ownRun?.id ? state.ownRunStep : stepOfRun(hello),
    orders,
    tutorRuns: [],
    stopping: null,
  };
}

function stepAfterHello(state: State, hello: Hello): string {
  const free = !state.greeted && !state.stepChosen;
  return free && hello.steps.some(({ id }) => id === hello.step) ? hello.step : state.step;
}
