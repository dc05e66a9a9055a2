// What cannot be sent: too large, or a character that no database and no program can hold. The server
// counts characters as Unicode code points.

import { type FromBrowser, LIMITS } from "./frames";

/** A sentence for the student, or the empty string where `text` can be sent. */
export function misfit(what: string, text: string, limit: number): string {
  if (text.includes("\0")) {
    return `${what} contains an invisible character (NUL) that cannot be sent. Type that line anew.`;
  }
  const length = codePoints(text);
  return length > limit
    ? `${what} has ${number(length)} characters; at most ${number(limit)} can be sent.`
    : "";
}

/** The same for what a frame carries. */
export function unfit(frame: FromBrowser): string {
  switch (frame.type) {
    case "say":
      return (
        misfit("Your message", frame.text, LIMITS.MAX_SAY_CHARS) ||
        misfit("Your program", frame.code, LIMITS.MAX_CODE_CHARS)
      );
    case "run":
      return (
        misfit("Your program", frame.code, LIMITS.MAX_CODE_CHARS) ||
        misfit("The program's input", frame.stdin ?? "", LIMITS.MAX_STDIN_CHARS) ||
        tooLarge(frame)
      );
    case "edit":
      return misfit("Your program", frame.code, LIMITS.MAX_CODE_CHARS);
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
    ? "Your program and its input are too large together. Shorten one of them."
    : "";
}

function number(value: number): string {
  return value.toLocaleString("en");
}
