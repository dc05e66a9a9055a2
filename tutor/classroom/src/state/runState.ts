// A run as the page knows it, and how each report changes it. Pure.

import type { Output, Printed, RunCode, RunView } from "../protocol/frames";

export function isRunning(run: RunView): boolean {
  return run.state === "queued" || run.state === "running";
}

/** A run before the server has said anything of it. */
export function queuedRun({ id, code, interactive }: RunCode): RunView {
  return {
    id,
    by: "student",
    code,
    state: "queued",
    own: true,
    calls: [],
    position: 0,
    starting: false,
    interactive: interactive ?? false,
    exit_code: null,
    output: [],
    seq: 0,
    files: [],
    duration_ms: 0,
    peak_memory_kb: 0,
    message: "",
  };
}

/** The run with a piece of its output; one that has ended stays as it is. */
export function appendOutput(run: RunView, { stream, text }: Output): RunView {
  return isRunning(run)
    ? { ...run, state: "running", position: 0, output: joined(run.output, { stream, text }) }
    : run;
}

/** Of two reports on one run the one that tells more. A run that has ended stays ended. */
export function newerReport(known: RunView, came: RunView): RunView {
  if (!isRunning(came)) {
    return isRunning(known) || known.state === came.state ? came : known;
  }
  if (!isRunning(known)) {
    return known;
  }
  const output =
    outputLength(came.output) > outputLength(known.output) ? came.output : known.output;
  const running = known.state === "running";
  return {
    ...came,
    state: running ? known.state : came.state,
    position: running ? 0 : came.position,
    output,
  };
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
