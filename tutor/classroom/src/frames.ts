// Generated from tutor/frames.py by `npm run frames`. Do not edit.

export type Frame = FromBrowser | ToBrowser;
export type FromBrowser = Checked | Say | RunCode | Stop | Again | StopRun | Edit | Ping;
export type ToBrowser =
  | Hello
  | Accepted
  | Waiting
  | Refused
  | TurnChanged
  | Delta
  | Withdrawn
  | ItemStored
  | RunChanged
  | Output
  | TutorChanged
  | Saved
  | Error
  | Check
  | Pong;

/**
 * Everything up to the `check` of this id has been read.
 */
export interface Checked {
  type: "checked";
  id: number;
}
/**
 * Ask the tutor. `code` is what the editor holds at this moment.
 */
export interface Say {
  type: "say";
  id: string;
  text: string;
  code: string;
}
/**
 * Run a program; `id` names the run in all frames about it.
 */
export interface RunCode {
  type: "run";
  id: string;
  code: string;
  stdin?: string;
}
/**
 * End the tutor's turn. What was said so far is kept.
 */
export interface Stop {
  type: "stop";
}
/**
 * Take up the turn that failed last: the model is asked once more.
 */
export interface Again {
  type: "again";
}
/**
 * End one of the student's own runs.
 */
export interface StopRun {
  type: "stop_run";
  id: string;
}
/**
 * Keep the editor's text, so that no other page or machine misses it.
 */
export interface Edit {
  type: "edit";
  code: string;
}
/**
 * Is the line alive?
 */
export interface Ping {
  type: "ping";
}
/**
 * Everything a page needs to show the dialogue. `last_run` is the student's own last run.
 */
export interface Hello {
  type: "hello";
  protocol: number;
  conversation: number;
  code: string;
  items: (StudentItem | TutorItem | RunItem)[];
  waiting: WaitingMessage[];
  turn: TurnChanged | null;
  last_run: RunView | null;
  emulated: boolean;
}
/**
 * What the student said.
 */
export interface StudentItem {
  kind: "student";
  number: number;
  turn: number;
  id: string;
  text: string;
}
/**
 * What the tutor said, in Markdown. `interrupted`: Stop ended it here.
 */
export interface TutorItem {
  kind: "tutor";
  number: number;
  turn: number;
  text: string;
  interrupted: boolean;
}
/**
 * The tutor ran a program.
 */
export interface RunItem {
  kind: "run";
  number: number;
  turn: number;
  run: RunView;
}
/**
 * A run as the page shows it. `id` is the client's id, or the tutor's call id.
 */
export interface RunView {
  id: string;
  by: "student" | "tutor";
  code: string;
  state:
    | "queued"
    | "running"
    | "ok"
    | "error"
    | "timeout"
    | "memory"
    | "output_limit"
    | "idle"
    | "crashed"
    | "cancelled"
    | "unavailable"
    | "sandbox_error";
  exit_code: number | null;
  stdout: string;
  stderr: string;
  duration_ms: number;
  message: string;
}
/**
 * A message of the student's that is stored and not yet told to the tutor.
 */
export interface WaitingMessage {
  id: string;
  text: string;
}
/**
 * What the tutor is doing. `message` tells the student why a turn failed, or what it waits for.
 *
 * After `failed`, `again` takes the turn up once more.
 */
export interface TurnChanged {
  type: "turn";
  number: number;
  state: "thinking" | "speaking" | "running" | "done" | "stopped" | "failed";
  message: string;
}
/**
 * The message `id` is stored; `item` is null while it waits.
 */
export interface Accepted {
  type: "accepted";
  id: string;
  item: StudentItem | null;
}
/**
 * The messages that wait, in order; replaces what the client knew of them.
 */
export interface Waiting {
  type: "waiting";
  messages: WaitingMessage[];
}
/**
 * The frame `id` was not taken; the client keeps what the student wrote.
 */
export interface Refused {
  type: "refused";
  id: string;
  code: string;
  message: string;
}
/**
 * The next piece of the answer that is being written.
 */
export interface Delta {
  type: "delta";
  turn: number;
  request: number;
  text: string;
}
/**
 * Forget the deltas of `request`: the answer is being asked for again.
 */
export interface Withdrawn {
  type: "withdrawn";
  turn: number;
  request: number;
}
/**
 * An item is in the database.
 */
export interface ItemStored {
  type: "item";
  item: StudentItem | TutorItem | RunItem;
}
/**
 * A run was taken, started or ended.
 */
export interface RunChanged {
  type: "run_changed";
  run: RunView;
}
/**
 * What a running program printed.
 */
export interface Output {
  type: "output";
  run: string;
  stream: "stdout" | "stderr";
  text: string;
}
/**
 * Can the tutor answer? `message` is for the student and empty when it can.
 */
export interface TutorChanged {
  type: "tutor";
  state: "connecting" | "ready" | "unavailable";
  message: string;
}
/**
 * The editor's text is stored.
 */
export interface Saved {
  type: "saved";
}
/**
 * Something went wrong that belongs to no message of the client's.
 */
export interface Error {
  type: "error";
  code: string;
  message: string;
}
/**
 * Answer with `checked` and this id.
 */
export interface Check {
  type: "check";
  id: number;
}
/**
 * The line is alive.
 */
export interface Pong {
  type: "pong";
}

export const PROTOCOL = 1 as const;

/** Sizes the server refuses to exceed. */
export const LIMITS = {
  MAX_FRAME_BYTES: 524288,
  MAX_SAY_CHARS: 8000,
  MAX_CODE_CHARS: 64000,
  MAX_STDIN_CHARS: 64000,
} as const;

/** Why the server closes the connection. */
export const CLOSE = {
  CRASHED: 4011,
  PROTOCOL: 4400,
  NOT_LOGGED_IN: 4401,
  NOT_ENROLLED: 4403,
  NO_LESSON: 4404,
  TOO_SLOW: 4008,
  TOO_MANY: 4010,
  FLOOD: 4009,
  RESTARTING: 4012,
} as const;
