// Texts about an attempt at a step.

import type { Step } from "../page/pageData";
import type { AttemptView } from "../protocol/frames";
import { STARTING_LABEL, type StatusLabel } from "./runLabels";

const RUNNING_LABELS: Record<Step["kind"], string> = {
  explain: "Running",
  code: "Checking",
  predict: "Running",
  quiz: "Looking",
};

/** A word or two for the attempt at a step of this kind. */
export function attemptLabel(attempt: AttemptView, kind: Step["kind"]): StatusLabel {
  switch (attempt.state) {
    case "queued":
      return attempt.starting
        ? STARTING_LABEL
        : { label: "Waiting", tone: "busy", explanation: "" };
    case "running":
      return { label: RUNNING_LABELS[kind], tone: "busy", explanation: "" };
    case "failed":
      return {
        label: "Not checked",
        tone: "bad",
        explanation: attempt.message || "This could not be checked. It was not your fault.",
      };
    case "unread":
      return { label: "Not readable", tone: "bad", explanation: attempt.message };
    case "judged":
      return judgedLabel(attempt, kind);
  }
}

function judgedLabel({ passed }: AttemptView, kind: Step["kind"]): StatusLabel {
  if (passed) {
    return { label: kind === "code" ? "Passed" : "Right", tone: "good", explanation: "" };
  }
  // A prediction is not made a second time: there is no "yet".
  return kind === "predict"
    ? { label: "Different", tone: "quiet", explanation: "" }
    : { label: "Not yet", tone: "bad", explanation: "" };
}

/** The outcome of a check in one sentence. */
export function checkSummary(attempt: AttemptView): string {
  const all = attempt.cases.length + attempt.hidden;
  const passed = attempt.cases.filter((one) => one.passed).length + attempt.hidden_passed;
  if (attempt.passed) {
    return all === 1
      ? "Passed: the case came out right."
      : `Passed: all ${all} cases came out right.`;
  }
  if (passed === all && attempt.rules.length > 0) {
    return "Not yet: every case came out right, but a rule is not kept.";
  }
  if (all === 1) {
    return "Not yet: the case did not come out right.";
  }
  return `Not yet: ${passed} of ${all} cases came out right.`;
}

/** `3 of 4 hidden cases passed`; empty if there is none. */
export function hiddenCasesLabel({ hidden, hidden_passed }: AttemptView): string {
  if (hidden === 0) {
    return "";
  }
  return hidden === 1
    ? `The hidden case ${hidden_passed === 1 ? "passed" : "did not pass"}`
    : `${hidden_passed} of ${hidden} hidden cases passed`;
}

/** The outcome of a prediction in one sentence. */
export function predictionSummary({ differs, passed }: AttemptView): string {
  if (passed || differs === null) {
    return "You predicted it exactly.";
  }
  if (differs.predicted === null) {
    return `The program printed more than you predicted: see line ${differs.line}.`;
  }
  if (differs.printed === null) {
    return `The program printed less than you predicted: see line ${differs.line}.`;
  }
  return `Line ${differs.line} is the first that differs.`;
}
