// What the page knows, and how each thing that happens changes it. Pure: no clock, no I/O.
//
// 1. `hello` replaces all that came from the server; what the student sent and nobody confirmed
//    stays, to be sent again.
// 2. Items are told apart by number, runs and the student's messages by id: what comes twice counts
//    once. A message is first unsent, then waits if the tutor is answering, then is an item.
// 3. Pieces of an answer belong to a turn and a request. A stored answer of the turn replaces them,
//    `withdrawn` removes those of one request, and pieces of an ended or older turn are dropped.
// 4. A run that has ended never goes back to running; the same holds for attempts (steps.ts).
// 5. The student chooses the step that is shown. Only the first `hello` may choose for them.

import { changeTurn, giveBack, insert, isEnded, setWaiting, store, wait, write } from "./dialogue";
import type {
  Hello,
  Output,
  RunCode,
  RunItem,
  RunView,
  Say,
  StudentItem,
  ToBrowser,
  TurnChanged,
  TutorChanged,
  TutorItem,
  WaitingMessage,
} from "./frames";
import { own } from "./records";
import * as running from "./running";
import { isRunning } from "./running";
import type { AllProgress, Try } from "./steps";
import * as steps from "./steps";

export { isRunning };

export type Item = StudentItem | TutorItem | RunItem;

/** The connection. `until` (ms since 1970) is when the next attempt begins. */
export type Link =
  | { state: "connecting" }
  | { state: "online" }
  | { state: "waiting"; until: number }
  | { state: "closed"; code: number };

/** A part of an answer that is being written. */
export interface Piece {
  turn: number;
  request: number;
  text: string;
}

/** A message that goes back into the composer, and why. */
export interface Returned {
  id: string;
  text: string;
  why: string;
}

/** An order that the server has not answered yet. */
export type Order = RunCode | Try;

/** What is shown under the editor. */
export type Result = "output" | "check";

export interface State {
  link: Link;
  /** The server has said hello at least once: what is shown is real. */
  greeted: boolean;
  emulated: boolean;
  items: Item[];
  turn: TurnChanged | null;
  writing: Piece[];
  tutor: TutorChanged;
  /** Said, but neither accepted nor refused. */
  unsent: Say[];
  /** Stored, but the tutor has not been told yet: it is answering. */
  waiting: WaitingMessage[];
  returned: Returned | null;
  /** The step that is shown. */
  step: string;
  /** The student has chosen it on this page. */
  chosen: boolean;
  progress: AllProgress;
  /** What was done last in a step, or looked at. */
  results: Readonly<Record<string, Result>>;
  /** The student's own last run, and the step it belongs to. */
  ownRun: RunView | null;
  ranIn: string;
  /** The run that was told that no more input comes. */
  inputEnded: string;
  orders: Order[];
  /** Runs of the tutor that are no items yet. */
  tutorRuns: RunView[];
  /** Stop was pressed for this turn. */
  stopping: number | null;
  /** A sentence for the student that belongs to no message; empty if none. */
  notice: string;
}

export type Event =
  | { type: "frame"; frame: ToBrowser }
  | { type: "link"; link: Link }
  | { type: "said"; say: Say }
  | { type: "found"; said: Say[] }
  | { type: "ran"; order: RunCode }
  | { type: "tried"; order: Try }
  | { type: "went"; step: string; isText: boolean }
  | { type: "edited"; step: string }
  | { type: "looked"; result: Result }
  | { type: "input_ended"; id: string }
  | { type: "stopped" }
  | { type: "taken_back"; id: string }
  | { type: "returned_shown" }
  | { type: "noticed"; message: string };

/** `step` is the one that the page shows before the server has said anything. */
export function initial(unsent: Say[] = [], step = ""): State {
  return {
    link: { state: "connecting" },
    greeted: false,
    emulated: false,
    items: [],
    turn: null,
    writing: [],
    tutor: { type: "tutor", state: "connecting", message: "" },
    unsent,
    waiting: [],
    returned: null,
    step,
    chosen: false,
    progress: {},
    results: {},
    ownRun: null,
    ranIn: "",
    inputEnded: "",
    orders: [],
    tutorRuns: [],
    stopping: null,
    notice: "",
  };
}

/** Is the tutor at work on an answer? */
export function isAnswering(state: State): boolean {
  return state.turn !== null && !isEnded(state.turn);
}

/** Is a program of the student's on, or an attempt? Then nothing else of theirs can be run. */
export function isBusy(state: State): boolean {
  const attempts = Object.values(state.progress).map(({ last }) => last);
  return (state.ownRun !== null && isRunning(state.ownRun)) || attempts.some(steps.isUnderWay);
}

/** What is on in another step than the one that is shown; null if nothing is. */
export function elsewhere(state: State): { id: string; step: string } | null {
  if (state.ownRun && isRunning(state.ownRun) && state.ranIn !== state.step) {
    return { id: state.ownRun.id, step: state.ranIn };
  }
  const attempts = Object.values(state.progress).map(({ last }) => last);
  return attempts.find((one) => steps.isUnderWay(one) && one?.step !== state.step) ?? null;
}

/** What is to be seen under the editor in the step that is shown. */
export function resultOf(state: State): Result {
  const checked = steps.progressIn(state.progress, state.step).last !== null;
  const runs = state.ownRun !== null && isRunning(state.ownRun) && state.ranIn === state.step;
  // After a reload nobody knows which came last; the check tells more.
  return own(state.results, state.step) ?? (checked && !runs ? "check" : "output");
}

export function receive(state: State, event: Event): State {
  switch (event.type) {
    case "frame":
      return receiveFrame(state, event.frame);
    case "link":
      return { ...state, link: event.link };
    case "said":
      return { ...state, unsent: [...state.unsent, event.say], returned: null, notice: "" };
    case "found":
      return { ...state, unsent: [...state.unsent, ...event.said] };
    case "ran":
      return run(state, event.order);
    case "tried":
      return attempt(state, event.order);
    case "went":
      return {
        ...state,
        step: event.step,
        chosen: true,
        progress: steps.visited(state.progress, event.step, event.isText),
      };
    case "edited":
      return { ...state, progress: steps.touched(state.progress, event.step) };
    case "looked":
      return { ...state, results: { ...state.results, [state.step]: event.result } };
    case "input_ended":
      return { ...state, inputEnded: event.id };
    case "stopped":
      return { ...state, stopping: state.turn?.number ?? null };
    case "taken_back":
      return giveBack(state, event.id, "");
    case "returned_shown":
      return { ...state, returned: null };
    case "noticed":
      return { ...state, notice: event.message };
  }
}

// From the server --------------------------------------------------------------------------------

function receiveFrame(state: State, frame: ToBrowser): State {
  switch (frame.type) {
    case "hello":
      return greet(state, frame);
    case "accepted":
      return frame.item ? store(state, frame.item) : wait(state, frame.id);
    case "waiting":
      return setWaiting(state, frame.messages);
    case "refused":
      return refuse(state, frame.id, frame.message);
    case "turn":
      return changeTurn(state, frame);
    case "delta":
      return write(state, frame);
    case "withdrawn":
      return {
        ...state,
        writing: state.writing.filter(
          (piece) => piece.turn !== frame.turn || piece.request !== frame.request,
        ),
      };
    case "item":
      return store(state, frame.item);
    case "run_changed":
      return frame.run.by === "student"
        ? changeOwnRun(state, frame.run)
        : changeTutorRun(state, frame.run);
    case "output":
      return print(state, frame);
    case "attempt":
      return {
        ...state,
        progress: steps.reported(state.progress, frame.attempt, tries(state)),
        orders: state.orders.filter(({ id }) => id !== frame.attempt.id),
      };
    case "tutor":
      return { ...state, tutor: frame };
    case "error":
      return { ...state, notice: frame.message };
    case "saved": // the programs are kept in programs.ts
    case "program":
    case "check": // the line answers it
    case "pong":
      return state;
    default:
      // A newer server may say more than this page understands.
      return unknown(state, frame);
  }
}

function unknown(state: State, _frame: never): State {
  return state;
}

function greet(state: State, hello: Hello): State {
  const stored = new Set(hello.items.map((item) => (item.kind === "student" ? item.id : "")));
  const waits = new Set(hello.waiting.map(({ id }) => id));
  const orders = state.orders.filter((order) => !knows(hello, order));
  const ownRun = orders.some(({ type }) => type === "run") ? state.ownRun : hello.last_run;
  return {
    ...state,
    greeted: true,
    emulated: hello.emulated,
    items: hello.items,
    turn: hello.turn,
    writing: [],
    unsent: state.unsent.filter(({ id }) => !stored.has(id) && !waits.has(id)),
    waiting: hello.waiting.filter(({ id }) => !stored.has(id)),
    step: greetedStep(state, hello),
    progress: steps.greeted(state.progress, hello, triesIn(orders)),
    ownRun,
    ranIn: ownRun?.id === state.ownRun?.id ? state.ranIn : stepOfRun(hello),
    orders,
    tutorRuns: [],
    stopping: null,
  };
}

function knows(hello: Hello, { id, type }: Order): boolean {
  return type === "run"
    ? hello.last_run?.id === id
    : hello.steps.some(({ last }) => last?.id === id);
}

function greetedStep(state: State, hello: Hello): string {
  const free = !state.greeted && !state.chosen;
  return free && hello.steps.some(({ id }) => id === hello.step) ? hello.step : state.step;
}

/** The step that the last run most likely belongs to: the one whose program it was. */
function stepOfRun({ steps: all, step, last_run }: Hello): string {
  const same = all.filter(({ code }) => code === last_run?.code).map(({ id }) => id);
  return same.includes(step) ? step : (same[0] ?? step);
}

// Runs and attempts ------------------------------------------------------------------------------

function run(state: State, order: RunCode): State {
  const step = order.step ?? "";
  return {
    ...state,
    orders: [...state.orders, order],
    ownRun: running.ordered(order),
    ranIn: step,
    results: { ...state.results, [step]: "output" },
    progress: steps.touched(state.progress, step),
  };
}

function attempt(state: State, order: Try): State {
  return {
    ...state,
    orders: [...state.orders, order],
    results: { ...state.results, [order.step ?? ""]: "check" },
    progress: steps.tried(state.progress, order),
  };
}

function tries(state: State): Try[] {
  return triesIn(state.orders);
}

function triesIn(orders: Order[]): Try[] {
  return orders.filter((order) => order.type !== "run");
}

function refuse(state: State, id: string, why: string): State {
  const order = state.orders.find((one) => one.id === id);
  if (!order) {
    return giveBack(state, id, why);
  }
  const orders = state.orders.filter((one) => one !== order);
  if (order.type !== "run") {
    return { ...state, orders, progress: steps.refused(state.progress, order, why) };
  }
  const ownRun: RunView | null =
    state.ownRun?.id === id
      ? { ...state.ownRun, state: "unavailable", message: why }
      : state.ownRun;
  return { ...state, orders, ownRun };
}

function changeOwnRun(state: State, run: RunView): State {
  const known = state.ownRun;
  if (known && known.id !== run.id) {
    // Another page of the student's began a run, or the end of an older run comes late.
    const ordered = state.orders.some(({ type }) => type === "run");
    return isRunning(run) && !ordered ? { ...state, ownRun: run, ranIn: state.step } : state;
  }
  return {
    ...state,
    orders: state.orders.filter(({ id }) => id !== run.id),
    ownRun: known ? running.newer(known, run) : run,
    ranIn: known ? state.ranIn : state.step,
  };
}

function changeTutorRun(state: State, run: RunView): State {
  const item = state.items.find((one) => one.kind === "run" && one.run.id === run.id);
  if (item?.kind === "run") {
    const grown = { ...item, run: running.newer(item.run, run) };
    return { ...state, items: insert(state.items, grown) };
  }
  const at = state.tutorRuns.findIndex((one) => one.id === run.id);
  const known = state.tutorRuns[at];
  return {
    ...state,
    tutorRuns: known
      ? state.tutorRuns.with(at, running.newer(known, run))
      : [...state.tutorRuns, run],
  };
}

function print(state: State, output: Output): State {
  const grow = (one: RunView) => (one.id === output.run ? running.printed(one, output) : one);
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
