// What is said about a run.

import type { RunView } from "./frames";

export interface Account {
  label: string;
  tone: "busy" | "good" | "bad" | "quiet";
  /** A sentence about an end that the output does not explain; else empty. */
  why: string;
}

const ACCOUNTS: Record<RunView["state"], Account> = {
  queued: { label: "Waiting for its turn", tone: "busy", why: "" },
  running: { label: "Running", tone: "busy", why: "" },
  ok: { label: "Finished", tone: "good", why: "" },
  error: { label: "Ended with an error", tone: "bad", why: "" },
  timeout: {
    label: "Took too long",
    tone: "bad",
    why: "The program did not come to an end in time. Is there a loop that never stops?",
  },
  memory: {
    label: "Out of memory",
    tone: "bad",
    why: "The program needed more memory than it may use. Does something grow without end?",
  },
  output_limit: {
    label: "Printed too much",
    tone: "bad",
    why: "The program was stopped because it printed far too much. Is there a print in an endless loop?",
  },
  idle: {
    label: "Waited for input",
    tone: "bad",
    why: "The program asked for input that was not there. Give it under “Input for the program”.",
  },
  crashed: { label: "Crashed", tone: "bad", why: "Python itself was ended by the program." },
  cancelled: { label: "Stopped", tone: "quiet", why: "" },
  unavailable: {
    label: "Not run",
    tone: "bad",
    why: "Programs cannot be run at the moment. Please try again in a while.",
  },
  sandbox_error: {
    label: "Could not be run",
    tone: "bad",
    why: "Something went wrong on our side, not in your program. Please run it again.",
  },
};

export function account(run: RunView): Account {
  const known = ACCOUNTS[run.state];
  return run.message ? { ...known, why: run.message } : known;
}

/** The line that tells most: the end of the error, else of the output. Empty if nothing was printed. */
export function gist(run: RunView): string {
  return lastLine(run.stderr) || lastLine(run.stdout);
}

export function duration(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
