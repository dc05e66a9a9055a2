// A run as the page knows it, and how each report changes it. Pure.

import type { Output, Printed, RunCode, RunView } from "../protocol/frames";

export function isRunning(run: RunView): boolean {
  return run.state === "queued" || run.state === "running";
}

/** A run before the server has said anything of it. */
export function queuedRun({ id, step, code, interactive }: RunCode): RunView {
  return {
    id,
    by: "student",
    step: step ?? "",
    code,
    state: "queued",
    own: true,
    calls: [],
    position: 0,
    starting: false,
    interactive: interactive ?? false,
    input_ended: false,
    exit_code: null,
    begun: 0,
    output: [],
    seq: 0,
    files: [],
    duration_ms: 0,
    peak_memory_kb: 0,
    message: "",
  };
}

/**
 * The run with a piece of its output: the next one. What is known, comes after a gap, or is of an earlier beginning
 * changes nothing, and neither does any piece of a run that has ended.
 */
export function appendOutput(run: RunView, { begun, seq, stream, text }: Output): RunView {
  if (!isRunning(run) || !isNext(run, begun, seq)) {
    return run;
  }
  const before = begun > run.begun ? [] : run.output;
  return {
    ...run,
    state: "running",
    position: 0,
    starting: false,
    begun: Math.max(begun, run.begun),
    seq,
    output: joined(before, { stream, text }),
  };
}

/** A server of an earlier release does not count: 0. A run that waits prints when it is begun once more. */
function isNext({ state, begun, seq }: RunView, cameBegun: number, cameSeq: number): boolean {
  const goesOn = state === "running" && cameBegun === begun && cameSeq === seq + 1;
  return cameSeq === 0 || goesOn || (cameBegun > begun && cameSeq === 1);
}

/**
 * Of two reports on one run the one that tells more. A run that has ended stays ended; one that was lost and waits
 * again, or is begun anew, has printed nothing any more.
 */
export function newerReport(known: RunView, came: RunView): RunView {
  if (!isRunning(came)) {
    return isRunning(known) || known.state === came.state ? came : known;
  }
  if (!isRunning(known) || rank(came) < rank(known)) {
    return known;
  }
  if (rank(came) > rank(known) || hasMore(came, known)) {
    return came;
  }
  return { ...came, output: known.output, seq: known.seq };
}

/** Grows as a run waits, is begun, waits again because it was lost, and is begun anew. */
function rank({ state, begun }: RunView): number {
  return state === "running" ? 2 * Math.max(begun, 1) - 1 : 2 * begun;
}

/** Has `one` more of the output? Without numbers the longer one has. */
function hasMore(one: RunView, other: RunView): boolean {
  return one.seq > 0 || other.seq > 0
    ? one.seq > other.seq
    : outputLength(one.output) > outputLength(other.output);
}

function joined(output: Printed[], piece: Printed): Printed[] {
  const last = output.at(-1);
  return last?.stream === piece.stream
    ? output.with(-1, { ...last, text: last.text + piece.text })
    : [...output, piece];
}

function outputLength(output: Printed[]): number {
  return output.reduce((sum, piece) => sum + piece.text.length, 0);
}
