// Checks of what is to be sent: too large, or a character that no database and no program can hold. The server
// counts characters as Unicode code points.

import { type FromBrowser, LIMITS } from "./frames";

/** A sentence for the student, or the empty string where `text` can be sent. */
export function textProblem(what: string, text: string, limit: number): string {
  if (text.includes("\0")) {
    return `${what} contains an invisible character (NUL) that cannot be sent. Type that line anew.`;
  }
  const length = codePoints(text);
  return length > limit
    ? `${what} has ${number(length)} characters; at most ${number(limit)} can be sent.`
    : "";
}

/** The same for a program and the files beside it. */
export function programProblem(code: string, files: Readonly<Record<string, string>> = {}): string {
  const texts: [string, string][] = [
    ["Your program", code],
    ...Object.entries(files).map(([path, text]): [string, string] => [`Your file ${path}`, text]),
  ];
  for (const [what, text] of texts) {
    const message = textProblem(what, text, LIMITS.MAX_CODE_CHARS);
    if (message) {
      return message;
    }
  }
  return "";
}

/** The same for what a frame carries. */
export function frameProblem(frame: FromBrowser): string {
  switch (frame.type) {
    case "say":
      return (
        textProblem("Your message", frame.text, LIMITS.MAX_SAY_CHARS) ||
        programProblem(frame.code, frame.files) ||
        tooLarge(frame)
      );
    case "run":
      return (
        programProblem(frame.code, frame.files) ||
        textProblem("The program's input", frame.stdin ?? "", LIMITS.MAX_STDIN_CHARS) ||
        tooLarge(frame)
      );
    case "check_code":
    case "hint":
    case "edit":
      return programProblem(frame.code, frame.files) || tooLarge(frame);
    case "input":
      return textProblem("Your answer", frame.text, LIMITS.MAX_STDIN_CHARS);
    case "answer":
      return textProblem("Your answer", frame.text ?? "", LIMITS.MAX_ANSWER_CHARS);
    case "predict":
      return textProblem("Your prediction", frame.text, LIMITS.MAX_PREDICTION_CHARS);
    default:
      return "";
  }
}

export function codePoints(text: string): number {
  let length = 0;
  for (const _ of text) {
    length += 1;
  }
  return length;
}

function tooLarge(frame: FromBrowser): string {
  const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
  return bytes > LIMITS.MAX_FRAME_BYTES
    ? "Your program, its files and its input are too large together. Shorten one of them."
    : "";
}

function number(value: number): string {
  return value.toLocaleString("en");
}
