// The student's program in the editor: what it is, what the server has of it. Pure.

export interface Program {
  /** What the editor holds; null until it is known. */
  text: string | null;
  /** What the server has confirmed; null until it has said anything. */
  saved: string | null;
  /** Sent and not confirmed, oldest first: `saved` names no text, so its order counts. */
  sent: string[];
}

/** `local` is what an earlier visit could not save; null if all of it was saved. */
export function opened(local: string | null): Program {
  return { text: local, saved: null, sent: [] };
}

export function edited(program: Program, text: string): Program {
  return { ...program, text };
}

export function sending(program: Program): Program {
  return program.text === null ? program : { ...program, sent: [...program.sent, program.text] };
}

export function confirmed(program: Program): Program {
  const [saved, ...sent] = program.sent;
  return saved === undefined ? program : { ...program, saved, sent };
}

/** The server says what it has. Text of the student's that it does not have is kept. */
export function greeted(program: Program, code: string): Program {
  const text = isSaved(program) ? code : program.text;
  return { text, saved: code, sent: [] };
}

export function isSaved(program: Program): boolean {
  return program.text === null || program.text === program.saved;
}

/** Must the text be sent? What is under way already is not sent twice. */
export function isDue(program: Program): boolean {
  const last = program.sent.at(-1) ?? program.saved;
  return program.text !== null && program.text !== last;
}
