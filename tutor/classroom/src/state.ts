// What the page knows, and how each thing that happens changes it. Pure: no clock, no I/O.
//
// 1. `hello` replaces all that came from the server; what the student sent and nobody confirmed
//    stays, to be sent again.
// 2. Items are told apart by number, runs and the student's messages by id: what comes twice counts
//    once. A message is first unsent, then waits if the tutor is answering, then is an item.
// 3. Pieces of an answer belong to a turn and a request. A stored answer of the turn replaces them,
//    `withdrawn` removes those of one request, and pieces of an ended or older turn are dropped.
// 4. A run that has ended never goes back to running.

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
  /** The student's own last run. */
  ownRun: RunView | null;
  /** The order for `ownRun`, until the server has answered it. */
  order: RunCode | null;
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
  | { type: "ran"; order: RunCode }
  | { type: "stopped" }
  | { type: "taken_back"; id: string }
  | { type: "returned_shown" }
  | { type: "noticed"; message: string };

export function initial(unsent: Say[] = []): State {
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
    ownRun: null,
    order: null,
    tutorRuns: [],
    stopping: null,
    notice: "",
  };
}

/** Is the tutor at work on an answer? */
export function isAnswering(state: State): boolean {
  return state.turn !== null && !isEnded(state.turn);
}

export function isRunning(run: RunView): boolean {
  return run.state === "queued" || run.state === "running";
}

export function receive(state: State, event: Event): State {
  switch (event.type) {
    case "frame":
      return receiveFrame(state, event.frame);
    case "link":
      return { ...state, link: event.link };
    case "said":
      return { ...state, unsent: [...state.unsent, event.say], returned: null, notice: "" };
    case "ran":
      return { ...state, order: event.order, ownRun: ordered(event.order) };
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
    case "tutor":
      return { ...state, tutor: frame };
    case "error":
      return { ...state, notice: frame.message };
    case "saved":
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
  const answered = state.order === null || state.order.id === hello.last_run?.id;
  return {
    ...state,
    greeted: true,
    emulated: hello.emulated,
    items: hello.items,
    turn: hello.turn,
    writing: [],
    unsent: state.unsent.filter(({ id }) => !stored.has(id) && !waits.has(id)),
    waiting: hello.waiting,
    ownRun: answered ? hello.last_run : state.ownRun,
    order: answered ? null : state.order,
    tutorRuns: [],
    stopping: null,
  };
}

// The dialogue -----------------------------------------------------------------------------------

function store(state: State, item: Item): State {
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
function wait(state: State, id: string): State {
  const say = state.unsent.find((one) => one.id === id);
  const known = state.waiting.some((one) => one.id === id);
  return {
    ...state,
    unsent: state.unsent.filter((one) => one !== say),
    waiting: say && !known ? [...state.waiting, { id, text: say.text }] : state.waiting,
  };
}

function setWaiting(state: State, messages: WaitingMessage[]): State {
  // What was read before a message was told may come after it.
  const told = new Set(state.items.map((item) => (item.kind === "student" ? item.id : "")));
  return { ...state, waiting: messages.filter(({ id }) => !told.has(id)) };
}

function insert(items: Item[], item: Item): Item[] {
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

function changeTurn(state: State, turn: TurnChanged): State {
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

function write(state: State, delta: Piece): State {
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

function isEnded(turn: TurnChanged): boolean {
  return turn.state === "done" || turn.state === "stopped" || turn.state === "failed";
}

function refuse(state: State, id: string, why: string): State {
  if (state.order?.id === id && state.ownRun?.id === id) {
    return {
      ...state,
      order: null,
      ownRun: { ...state.ownRun, state: "unavailable", message: why },
    };
  }
  return giveBack(state, id, why);
}

function giveBack(state: State, id: string, why: string): State {
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

// Runs -------------------------------------------------------------------------------------------

function changeOwnRun(state: State, run: RunView): State {
  const known = state.ownRun;
  if (known && known.id !== run.id) {
    // Another page of the student's began a run, or the end of an older run comes late.
    return isRunning(run) && !state.order ? { ...state, ownRun: run } : state;
  }
  const order = state.order?.id === run.id ? null : state.order;
  return { ...state, order, ownRun: known ? newer(known, run) : run };
}

function changeTutorRun(state: State, run: RunView): State {
  const item = state.items.find((one) => one.kind === "run" && one.run.id === run.id);
  if (item?.kind === "run") {
    return { ...state, items: insert(state.items, { ...item, run: newer(item.run, run) }) };
  }
  const at = state.tutorRuns.findIndex((one) => one.id === run.id);
  const known = state.tutorRuns[at];
  return {
    ...state,
    tutorRuns: known ? state.tutorRuns.with(at, newer(known, run)) : [...state.tutorRuns, run],
  };
}

function print(state: State, output: Output): State {
  const grow = (run: RunView): RunView =>
    run.id === output.run && isRunning(run)
      ? { ...run, state: "running", [output.stream]: run[output.stream] + output.text }
      : run;
  if (state.ownRun?.id === output.run) {
    return { ...state, ownRun: grow(state.ownRun) };
  }
  if (state.tutorRuns.some((run) => run.id === output.run)) {
    return { ...state, tutorRuns: state.tutorRuns.map(grow) };
  }
  const item = state.items.find((one) => one.kind === "run" && one.run.id === output.run);
  if (item?.kind !== "run") {
    return state;
  }
  const items = state.items.with(state.items.indexOf(item), { ...item, run: grow(item.run) });
  return { ...state, items };
}

/** Of two reports on one run the one that tells more. */
function newer(known: RunView, came: RunView): RunView {
  if (!isRunning(came)) {
    return isRunning(known) || known.state === came.state ? came : known;
  }
  if (!isRunning(known)) {
    return known;
  }
  const stdout = came.stdout.length > known.stdout.length ? came.stdout : known.stdout;
  const stderr = came.stderr.length > known.stderr.length ? came.stderr : known.stderr;
  const state = known.state === "running" ? known.state : came.state;
  return { ...came, state, stdout, stderr };
}

function ordered({ id, code }: RunCode): RunView {
  return {
    id,
    by: "student",
    code,
    state: "queued",
    exit_code: null,
    stdout: "",
    stderr: "",
    duration_ms: 0,
    message: "",
  };
}
