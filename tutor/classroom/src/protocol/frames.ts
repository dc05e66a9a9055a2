// Generated from tutor/protocol/frames.py by `npm run frames`. Do not edit.

export type Frame = FromBrowser | ToBrowser;
export type FromBrowser =
  | Say
  | RunCode
  | Input
  | CheckCode
  | Predict
  | Choose
  | Answer
  | Hint
  | Stop
  | Again
  | StopRun
  | Go
  | Edit
  | Restore
  | Dismiss
  | Older
  | Ping
  | Checked;
export type ToBrowser =
  | Hello
  | Accepted
  | Waiting
  | Refused
  | TurnChanged
  | Delta
  | SoFar
  | Withdrawn
  | ItemStored
  | Items
  | RunChanged
  | Output
  | AttemptChanged
  | PredictionChanged
  | TutorChanged
  | StorageChanged
  | Saved
  | ProgramChanged
  | Error
  | Check
  | Pong;

/**
 * Ask the tutor. `code` and `files` are what the editor holds at this moment.
 */
export interface Say {
  type: "say";
  id: string;
  text: string;
  step?: string;
  code: string;
  files?: {
    [k: string]: string;
  };
  base: number;
  version?: number;
  page?: string;
  cause?: "typed" | "reset" | "restored" | "merged";
}
/**
 * Run a program; `id` names the run in all frames about it.
 *
 * It reads `stdin` first; if it is `interactive`, then what is typed while it runs.
 */
export interface RunCode {
  type: "run";
  id: string;
  step?: string;
  code: string;
  files?: {
    [k: string]: string;
  };
  base: number;
  version?: number;
  page?: string;
  cause?: "typed" | "reset" | "restored" | "merged";
  stdin?: string;
  interactive?: boolean;
}
/**
 * Type into the interactive run `id`; `ends`: nothing more will come.
 *
 * What a program does not take any more, because it is over, is lost without a word.
 */
export interface Input {
  type: "input";
  id: string;
  text: string;
  ends?: boolean;
}
/**
 * Check the student's program against all cases of a code step.
 */
export interface CheckCode {
  type: "check_code";
  id: string;
  step?: string;
  code: string;
  files?: {
    [k: string]: string;
  };
  base: number;
  version?: number;
  page?: string;
  cause?: "typed" | "reset" | "restored" | "merged";
  pasted?: number;
}
/**
 * What the student thinks the program of a predict step prints; it is run then.
 */
export interface Predict {
  type: "predict";
  id: string;
  step?: string;
  text: string;
}
/**
 * The student's answers to a quiz step: places in its list of choices, from 0.
 */
export interface Choose {
  type: "choose";
  id: string;
  step?: string;
  /**
   * @minItems 1
   * @maxItems 50
   */
  choices: [number, ...number[]];
}
/**
 * What the student thinks that the call of a prediction gives; null for "I don't know".
 *
 * `prediction` is the number of a PredictionView. The server runs the call then.
 */
export interface Answer {
  type: "answer";
  id: string;
  prediction: number;
  text: string | null;
}
/**
 * Ask for a hint about the step's program, which is stored like that of `say`.
 */
export interface Hint {
  type: "hint";
  id: string;
  step?: string;
  code: string;
  files?: {
    [k: string]: string;
  };
  base: number;
  version?: number;
  page?: string;
  cause?: "typed" | "reset" | "restored" | "merged";
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
 * End one of the student's own runs or attempts.
 */
export interface StopRun {
  type: "stop_run";
  id: string;
}
/**
 * The page shows this step from now on; the next visit begins there.
 */
export interface Go {
  type: "go";
  step: string;
}
/**
 * Keep the editor's text, so that no other page or machine misses it.
 */
export interface Edit {
  type: "edit";
  id: string;
  step?: string;
  code: string;
  files?: {
    [k: string]: string;
  };
  base: number;
  version?: number;
  page?: string;
  cause?: "typed" | "reset" | "restored" | "merged";
}
/**
 * Make a kept version the program of its step, and keep the program in its place.
 *
 * Refused if the program is no longer at `base`, or the version no longer what it was.
 */
export interface Restore {
  type: "restore";
  id: string;
  step: string;
  base: number;
  version: number;
}
/**
 * Take a kept version from the list. It stays in the database.
 */
export interface Dismiss {
  type: "dismiss";
  step: string;
  version: number;
}
/**
 * Show the items before the item of this number that are next to it; answered by `items`.
 */
export interface Older {
  type: "older";
  before: number;
}
/**
 * Is the line alive?
 */
export interface Ping {
  type: "ping";
}
/**
 * Everything up to the `check` of this id has been read.
 */
export interface Checked {
  type: "checked";
  id: number;
}
/**
 * Everything a page needs to show lesson and dialogue. `last_run` is the student's own.
 */
export interface Hello {
  type: "hello";
  protocol: number;
  conversation: number;
  step: string;
  steps: StepView[];
  items: (StudentItem | TutorItem | RunItem | PredictionItem | HintItem | OfferItem)[];
  start: number;
  older: boolean;
  waiting: WaitingMessage[];
  turn: TurnChanged | null;
  last_run: RunView | null;
  emulated: boolean;
}
/**
 * What a student has done in a step. What the step asks stands in the page.
 */
export interface StepView {
  id: string;
  revision: number;
  code: string;
  files: {
    [k: string]: string;
  };
  versions: VersionView[];
  state: "new" | "begun" | "passed" | "passed_with_help";
  attempts: number;
  last: AttemptView | null;
}
/**
 * A program of a step that is kept beside the stored one, because neither may be lost.
 */
export interface VersionView {
  id: number;
  written_at: string;
  code: string;
  files: {
    [k: string]: string;
  };
  page: string;
  device: string;
  cause: string;
}
/**
 * An attempt at a step, as the page shows it.
 *
 * `failed` says that it could not be judged, `unread` that the program cannot be read; `message`
 * tells the student why. Neither counts as an attempt.
 */
export interface AttemptView {
  id: string;
  step: string;
  state: "queued" | "running" | "judged" | "failed" | "unread";
  position: number;
  starting: boolean;
  number: number;
  passed: boolean;
  helped: boolean;
  message: string;
  cases: CaseView[];
  hidden: number;
  hidden_passed: number;
  rules: string[];
  prediction: string;
  output: Printed[];
  differs: LineDiffers | null;
  choices: number[];
  because: string[];
}
/**
 * A visible case of a check: what was asked and what came, not what should have come.
 */
export interface CaseView {
  call: string;
  stdin: string;
  passed: boolean;
  got: string;
}
/**
 * What a program printed in one go, or what was typed into it.
 */
export interface Printed {
  stream: "stdout" | "stderr" | "stdin";
  text: string;
}
/**
 * The first line in which a prediction differs; None where there is no such line any more.
 */
export interface LineDiffers {
  line: number;
  predicted: string | null;
  printed: string | null;
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
 * A run as the page shows it. `id` is the client's id, or a name of ours for the tutor's run.
 *
 * No client can choose a name of ours: it holds a dot.
 */
export interface RunView {
  id: string;
  by: "student" | "tutor";
  step: string;
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
  own: boolean;
  calls: CallView[];
  position: number;
  starting: boolean;
  interactive: boolean;
  input_ended: boolean;
  exit_code: number | null;
  begun: number;
  output: Printed[];
  seq: number;
  files: FileView[];
  duration_ms: number;
  peak_memory_kb: number;
  message: string;
}
/**
 * An expression that was evaluated beside a program, and what came of it.
 *
 * `outcome` is its value as the language writes it, or an end in words (`raises ValueError: …`);
 * empty while it is not known.
 */
export interface CallView {
  call: string;
  outcome: string;
  printed: string;
}
/**
 * A file that a program has left. `skipped` says why there is no content; else it is empty.
 */
export interface FileView {
  name: string;
  kind: string;
  bytes: number;
  url: string;
  skipped: string;
}
/**
 * The tutor asks for a prediction.
 */
export interface PredictionItem {
  kind: "prediction";
  number: number;
  turn: number;
  prediction: PredictionView;
}
/**
 * What the tutor asks the student to foretell, and what came of it.
 *
 * `call` is evaluated beside the student's program; if it is empty, the question is what the
 * program prints. `none`: the student did not know. `not_run`: it could not be found out;
 * `message` says why. `said` and `gave` are empty until there is something to show.
 */
export interface PredictionView {
  number: number;
  step: string;
  call: string;
  question: string;
  state: "open" | "comparing" | "right" | "wrong" | "none" | "not_run";
  said: string;
  gave: string;
  stale: boolean;
  message: string;
}
/**
 * A hint, which counts as help. Without `text` the tutor's next message is the hint.
 */
export interface HintItem {
  kind: "hint";
  number: number;
  turn: number;
  step: string;
  level: number;
  text: string;
  asked: boolean;
  stale: boolean;
}
/**
 * The tutor offers a button: check this step, try a variant of it, go to the next one.
 */
export interface OfferItem {
  kind: "offer";
  number: number;
  turn: number;
  step: string;
  what: "attempt" | "variant" | "next";
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
  asked_anew: boolean;
}
/**
 * The message, answer or wish for a hint of this `id` is stored; `item` is null while it waits.
 *
 * A HintItem answers `hint` where the lesson has one; else the tutor is asked to write one.
 */
export interface Accepted {
  type: "accepted";
  id: string;
  item: StudentItem | HintItem | null;
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
 * The next piece of the answer being written; `seq` counts those of a request from 1.
 *
 * One that gathers several begins with piece `first`; that is 0 where it is `seq` itself.
 */
export interface Delta {
  type: "delta";
  turn: number;
  request: number;
  first: number;
  seq: number;
  text: string;
}
/**
 * All of the answer until now, in place of its deltas up to `seq`.
 */
export interface SoFar {
  type: "so_far";
  turn: number;
  request: number;
  seq: number;
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
  item: StudentItem | TutorItem | RunItem | PredictionItem | HintItem | OfferItem;
}
/**
 * The items that `older` has asked for, in order: all from number `start` to below `before`.
 *
 * There may be none, as not all numbers are shown. `older`: there are some before `start`.
 */
export interface Items {
  type: "items";
  items: (StudentItem | TutorItem | RunItem | PredictionItem | HintItem | OfferItem)[];
  start: number;
  before: number;
  older: boolean;
}
/**
 * A run was taken, started or ended.
 */
export interface RunChanged {
  type: "run_changed";
  run: RunView;
}
/**
 * What a running program printed, or what was typed into it.
 *
 * `seq` counts those of a run from 1, each time that it is begun; what a RunView that was `begun`
 * as often holds already has come up to its own `seq`.
 */
export interface Output {
  type: "output";
  run: string;
  begun: number;
  seq: number;
  stream: "stdout" | "stderr" | "stdin";
  text: string;
}
/**
 * An attempt was stored, goes on, or has been judged.
 */
export interface AttemptChanged {
  type: "attempt";
  attempt: AttemptView;
}
/**
 * A prediction was answered, compared, or is about another program by now.
 */
export interface PredictionChanged {
  type: "prediction";
  prediction: PredictionView;
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
 * Can anything be stored? While it cannot, what the client sends waits, and is not answered.
 *
 * `message` is for the student and empty when it can. After `hello` it can until this says other.
 */
export interface StorageChanged {
  type: "storage";
  state: "available" | "unavailable";
  message: string;
}
/**
 * What the frame `id` wrote is stored; a frame that is sent twice may be answered once.
 *
 * `version` is 0 where it is the program of the step, now at `revision`; else what was written is
 * kept as that version, and the program at `revision` is another one.
 */
export interface Saved {
  type: "saved";
  id: string;
  step: string;
  revision: number;
  version: number;
}
/**
 * The program of a step and the versions kept beside it; replaces what the client knew.
 */
export interface ProgramChanged {
  type: "program";
  step: string;
  revision: number;
  code: string;
  files: {
    [k: string]: string;
  };
  versions: VersionView[];
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

export const PROTOCOL = 5 as const;

/** Sizes the server refuses to exceed. */
export const LIMITS = {
  MAX_FRAME_BYTES: 524288,
  MAX_SAY_CHARS: 8000,
  MAX_CODE_CHARS: 64000,
  MAX_STDIN_CHARS: 64000,
  MAX_PREDICTION_CHARS: 8000,
  MAX_ANSWER_CHARS: 1000,
} as const;

/** Why the server closes the connection. */
export const CLOSE = {
  CRASHED: 4011,
  PROTOCOL: 4400,
  NOT_LOGGED_IN: 4401,
  NOT_ENROLLED: 4403,
  NO_LESSON: 4404,
  OTHER: 4405,
  TOO_SLOW: 4008,
  TOO_MANY: 4010,
  FLOOD: 4009,
  RESTARTING: 4012,
} as const;
