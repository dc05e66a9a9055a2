// The frames and views that the tests speak of.

import type { PageData, Step } from "../../src/page/pageData";
import type {
  AttemptView,
  Hello,
  HintItem,
  OfferItem,
  PredictionItem,
  PredictionView,
  RunView,
  StepView,
  StudentItem,
  ToBrowser,
  TurnChanged,
  TutorItem,
} from "../../src/protocol/frames";
import { initialState, type State } from "../../src/state/model";
import { reduce } from "../../src/state/reducer";

export function step(id: string, parts: Partial<Step> = {}): Step {
  return {
    id,
    kind: "code",
    title: `Title of ${id}`,
    starter: `${id} = 1\n`,
    stdin: "",
    files: [],
    cases: [],
    rules: [],
    choices: [],
    several: false,
    ...parts,
  };
}

export function page(...steps: Step[]): PageData {
  return {
    socket: "/ws/lessons/course/lesson?protocol=5&conversation=1",
    conversation: 1,
    title: "Lesson",
    language: "python",
    main_file: "main.py",
    asked_step: "",
    skills: [],
    next: { title: "Next lesson", course: "Course" },
    continue_url: "/continue/?after=course/lesson",
    course: "Course",
    progress_url: "/progress/",
    lessons_url: "/",
    history_url: "/lessons/course/lesson/history/",
    login_url: "/login/",
    storage_key: "1:course/lesson",
    steps,
  };
}

export function view(id: string, parts: Partial<StepView> = {}): StepView {
  return {
    id,
    revision: 1,
    code: `${id} = 1\n`,
    files: {},
    versions: [],
    state: "new",
    attempts: 0,
    last: null,
    ...parts,
  };
}

export function hello(parts: Partial<Hello> = {}): Hello {
  return {
    type: "hello",
    protocol: 3,
    conversation: 1,
    step: "one",
    steps: [view("one"), view("two")],
    items: [],
    start: 1,
    older: false,
    waiting: [],
    turn: null,
    last_run: null,
    emulated: false,
    ...parts,
  };
}

export function attempt(id: string, parts: Partial<AttemptView> = {}): AttemptView {
  return {
    id,
    step: "one",
    state: "queued",
    position: 0,
    starting: false,
    number: 0,
    passed: false,
    helped: false,
    message: "",
    cases: [],
    hidden: 0,
    hidden_passed: 0,
    rules: [],
    prediction: "",
    output: [],
    differs: null,
    choices: [],
    because: [],
    ...parts,
  };
}

export function student(
  number: number,
  turn: number,
  text = "Why?",
  id = `said-${number}-x`,
): StudentItem {
  return { kind: "student", number, turn, id, text };
}

export function tutor(number: number, turn: number, text = "What do you expect?"): TutorItem {
  return { kind: "tutor", number, turn, text, interrupted: false };
}

/** A prediction of the call `find(5)`; it is named by the number before its item's. */
export function prediction(number: number, parts: Partial<PredictionView> = {}): PredictionItem {
  return {
    kind: "prediction",
    number,
    turn: 1,
    prediction: {
      number: number - 1,
      step: "one",
      call: "find(5)",
      question: "What does it give for 5?",
      state: "open",
      said: "",
      gave: "",
      stale: false,
      message: "",
      ...parts,
    },
  };
}

export function hint(number: number, parts: Partial<HintItem> = {}): HintItem {
  return {
    kind: "hint",
    number,
    turn: 1,
    step: "one",
    level: 1,
    text: "Look at the *loop*.",
    asked: true,
    stale: false,
    ...parts,
  };
}

export function offer(number: number, what: OfferItem["what"]): OfferItem {
  return { kind: "offer", number, turn: 1, step: "one", what };
}

export function run(id: string, parts: Partial<RunView> = {}): RunView {
  return {
    id,
    by: "student",
    step: "",
    code: "print(1)",
    state: "queued",
    own: false,
    calls: [],
    position: 0,
    starting: false,
    interactive: false,
    input_ended: false,
    exit_code: null,
    begun: 0,
    output: [],
    seq: 0,
    files: [],
    duration_ms: 0,
    peak_memory_kb: 0,
    message: "",
    ...parts,
  };
}

export function turn(number: number, state: TurnChanged["state"], message = ""): TurnChanged {
  return { type: "turn", number, state, message, asked_anew: false };
}

export function delta(turn: number, request: number, text: string, seq = 1, first = 0): ToBrowser {
  return { type: "delta", turn, request, first, seq, text };
}

/** The state after these frames. */
export function seen(frames: ToBrowser[], state: State = initialState([], "one")): State {
  return frames.reduce((now, frame) => reduce(now, { type: "frame", frame }), state);
}
