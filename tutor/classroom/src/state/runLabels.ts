// Texts about a run.

import type { FileView, Printed, RunView } from "../protocol/frames";

export interface StatusLabel {
  label: string;
  tone: "busy" | "good" | "bad" | "quiet";
  /** A sentence about an end that the output does not explain; else empty. */
  explanation: string;
}

const RUN_LABELS: Record<RunView["state"], StatusLabel> = {
  queued: { label: "Waiting", tone: "busy", explanation: "" },
  running: { label: "Running", tone: "busy", explanation: "" },
  ok: { label: "Finished", tone: "good", explanation: "" },
  error: { label: "Ended with an error", tone: "bad", explanation: "" },
  timeout: {
    label: "Took too long",
    tone: "bad",
    explanation: "The program did not come to an end in time. Is there a loop that never stops?",
  },
  memory: {
    label: "Out of memory",
    tone: "bad",
    explanation: "The program needed more memory than it may use. Does something grow without end?",
  },
  output_limit: {
    label: "Printed too much",
    tone: "bad",
    explanation:
      "The program was stopped because it printed far too much. Is there a print in an endless loop?",
  },
  idle: {
    label: "Waited for input",
    tone: "bad",
    explanation:
      "The program asked for something and got no answer. Run it again and type the answer under its output.",
  },
  crashed: {
    label: "Crashed",
    tone: "bad",
    explanation: "The program ended so suddenly that it could not say why. What did it do last?",
  },
  cancelled: { label: "Stopped", tone: "quiet", explanation: "" },
  unavailable: {
    label: "Not run",
    tone: "bad",
    explanation: "Programs cannot be run at the moment. Please try again in a while.",
  },
  sandbox_error: {
    label: "Could not be run",
    tone: "bad",
    explanation: "Something went wrong on our side, not in your program. Please run it again.",
  },
};

/** Of whatever waits for a sandbox that is starting. */
export const STARTING_LABEL: StatusLabel = { label: "Starting", tone: "busy", explanation: "" };

export function runLabel(run: RunView): StatusLabel {
  const known = run.starting ? STARTING_LABEL : RUN_LABELS[run.state];
  return run.message ? { ...known, explanation: run.message } : known;
}

/** What a run, or an attempt, that does not begin at once waits for, and what can be done meanwhile; else empty. */
export function waitingNote(waits: { state: string; position: number; starting: boolean }): string {
  if (waits.state !== "queued") {
    return "";
  }
  if (waits.starting) {
    return "The sandbox is starting; your program runs as soon as it is ready. You can go on writing.";
  }
  return waits.position > 0
    ? "Other programs come first; yours runs when its turn comes. You can go on writing."
    : "";
}

/** The place among those that wait; empty if it does not wait. */
export function queuePlace(waits: { position: number }): string {
  return waits.position > 0 ? `number ${waits.position} in line` : "";
}

/** The line that tells most: the end of the error, else of the output. Empty if nothing was printed. */
export function outputPreview(run: RunView): string {
  return lastLine(streamText(run.output, "stderr")) || lastLine(streamText(run.output, "stdout"));
}

/** All that came on one stream. */
export function streamText(output: Printed[], stream: Printed["stream"]): string {
  return output
    .filter((piece) => piece.stream === stream)
    .map(({ text }) => text)
    .join("");
}

export function formatDuration(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

const UNITS = ["bytes", "KB", "MB", "GB"] as const;

/** Like `9.4 MB`; a unit is 1024 of the one before. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) {
    return "1 byte";
  }
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Only these may be shown; everything else that a program leaves is for downloading. */
export function isPicture(file: FileView): boolean {
  return file.kind === "image/png" && file.skipped === "";
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
