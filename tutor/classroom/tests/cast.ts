// The frames and views that the tests speak of.

import type { Hello, RunView, StudentItem, ToBrowser, TurnChanged, TutorItem } from "../src/frames";
import { initial, receive, type State } from "../src/state";

export function hello(parts: Partial<Hello> = {}): Hello {
  return {
    type: "hello",
    protocol: 1,
    conversation: 1,
    code: "",
    items: [],
    waiting: [],
    turn: null,
    last_run: null,
    emulated: false,
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

export function run(id: string, parts: Partial<RunView> = {}): RunView {
  return {
    id,
    by: "student",
    code: "print(1)",
    state: "queued",
    exit_code: null,
    stdout: "",
    stderr: "",
    duration_ms: 0,
    message: "",
    ...parts,
  };
}

export function turn(number: number, state: TurnChanged["state"], message = ""): TurnChanged {
  return { type: "turn", number, state, message };
}

export function delta(turn: number, request: number, text: string): ToBrowser {
  return { type: "delta", turn, request, text };
}

/** The state after these frames. */
export function seen(frames: ToBrowser[], state: State = initial()): State {
  return frames.reduce((now, frame) => receive(now, { type: "frame", frame }), state);
}
