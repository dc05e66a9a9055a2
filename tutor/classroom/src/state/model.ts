// The state of the page: the lesson, the dialogue, runs and attempts.

import type { ConnectionState } from "../connection/reconnectingSocket";
import type {
  Answer,
  Hello,
  Hint,
  RunCode,
  RunView,
  Say,
  StorageChanged,
  ToBrowser,
  TurnChanged,
  TutorChanged,
  WaitingMessage,
} from "../protocol/frames";
import type { AttemptOrder, ProgressByStep } from "./progress";

export type Item = Hello["items"][number];

/** A part of an answer that is being written, up to the piece `seq` of its request. */
export interface AnswerPiece {
  turn: number;
  request: number;
  seq: number;
  /** Empty while all that was said is stored. */
  text: string;
}

/** A message that goes back into the composer, and why. */
export interface ReturnedMessage {
  id: string;
  text: string;
  why: string;
}

/** An order that the server has not answered yet. */
export type Order = RunCode | AttemptOrder;

/** On narrow screens one of them is shown at a time. */
export type PanelName = "Lesson" | "Code" | "Tutor";

/** The tabs under the editor. */
export type ResultTab = "output" | "check";

export interface State {
  connection: ConnectionState;
  /** The server has said hello at least once: what is shown is real. */
  greeted: boolean;
  emulated: boolean;
  items: Item[];
  /** From this number on every item is here; see pages.ts. */
  start: number;
  /** There are items before `start`, which the server brings when it is asked. */
  older: boolean;
  /** Those before this number were asked for; 0: none. */
  olderOrder: number;
  turn: TurnChanged | null;
  writing: AnswerPiece[];
  /** The turn in which a piece of the answer is missing: only a new connection brings it. */
  answerGap: number | null;
  /** The turn that is asked for anew, for whoever was at it has gone; and what is said of that. */
  askedAnew: { turn: number; message: string } | null;
  /** The turn of which something shown was withdrawn: its room is kept until another one begins. */
  withdrawnIn: number | null;
  tutor: TutorChanged;
  /** Whether the server can store anything, as far as this connection has told. */
  storage: StorageChanged;
  /** Said, but neither accepted nor refused. */
  unsent: Say[];
  /** Stored, but the tutor has not been told yet: it is answering. */
  waiting: WaitingMessage[];
  returned: ReturnedMessage | null;
  /** Answers to predictions, neither accepted nor refused. */
  answers: Answer[];
  /** By the number of a prediction: why the last answer to it was refused. */
  answerErrors: Readonly<Record<number, string>>;
  /** A hint was asked for, and the server has not answered yet. */
  hintOrder: Hint | null;
  /** Why there was no hint, until something has changed; else empty. */
  hintRefusal: string;
  /** The step that is shown. */
  step: string;
  /** The student has chosen it on this page. */
  stepChosen: boolean;
  panel: PanelName;
  progress: ProgressByStep;
  /** By step: the tab of what was done last, or looked at. */
  resultTabs: Readonly<Record<string, ResultTab>>;
  /** The student's own last run, and the step it belongs to. */
  ownRun: RunView | null;
  ownRunStep: string;
  /** The run that was told that no more input comes. */
  inputEnded: string;
  orders: Order[];
  /** How often a run was asked for that must wait for a prediction, in the step since it is shown. */
  blockedRuns: number;
  /** Runs of the tutor that are no items yet. */
  tutorRuns: RunView[];
  /** Stop was pressed for this turn. */
  stopping: number | null;
  /** How much of what this page has sent was refused. */
  refusals: number;
  /** Whether it is shown that the lesson is finished: it has just been, or the student asked. */
  finish: "closed" | "arrived" | "asked";
  /** A sentence for the student that belongs to no message; empty if none. */
  notice: string;
}

export type StateEvent =
  | { type: "frame"; frame: ToBrowser }
  | { type: "connection_changed"; connection: ConnectionState }
  | { type: "message_said"; say: Say }
  | { type: "unsent_found"; said: Say[]; answers: readonly Answer[] }
  | { type: "run_ordered"; order: RunCode }
  | { type: "attempt_ordered"; order: AttemptOrder }
  | { type: "step_shown"; step: string; isText: boolean }
  | { type: "edited"; step: string }
  | { type: "result_shown"; result: ResultTab }
  | { type: "input_ended"; id: string }
  | { type: "stopped" }
  | { type: "message_taken_back"; id: string }
  | { type: "prediction_answered"; answer: Answer }
  | { type: "answer_refused"; prediction: number; why: string }
  | { type: "hint_ordered"; order: Hint }
  | { type: "hint_refused"; why: string }
  | { type: "run_blocked" }
  | { type: "older_ordered" }
  | { type: "panel_shown"; panel: PanelName }
  | { type: "finish_shown"; shown: boolean }
  | { type: "returned_shown" }
  | { type: "notice_changed"; message: string };

/** Until a connection says otherwise, what is sent is stored. */
export const AVAILABLE: StorageChanged = { type: "storage", state: "available", message: "" };

/**
 * `step` is the one that the page shows before the server has said anything; `chosen`: the student
 * has asked for it.
 */
export function initialState(
  unsent: Say[] = [],
  step = "",
  answers: Answer[] = [],
  chosen = false,
): State {
  return {
    connection: { state: "connecting" },
    greeted: false,
    emulated: false,
    items: [],
    start: 1,
    older: false,
    olderOrder: 0,
    turn: null,
    writing: [],
    answerGap: null,
    askedAnew: null,
    withdrawnIn: null,
    tutor: { type: "tutor", state: "connecting", message: "" },
    storage: AVAILABLE,
    unsent,
    waiting: [],
    returned: null,
    answers,
    answerErrors: {},
    hintOrder: null,
    hintRefusal: "",
    step,
    stepChosen: chosen,
    panel: "Lesson",
    progress: {},
    resultTabs: {},
    ownRun: null,
    ownRunStep: "",
    inputEnded: "",
    orders: [],
    blockedRuns: 0,
    tutorRuns: [],
    stopping: null,
    refusals: 0,
    finish: "closed",
    notice: "",
  };
}
