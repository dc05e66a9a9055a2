// Texts about a prediction that the tutor asks for.

import type { PredictionView } from "../protocol/frames";

export interface VerdictLabel {
  words: string;
  icon: "check" | "close" | null;
}

/** A sentence for each state of an answered prediction. */
export const VERDICTS: Record<PredictionView["state"], VerdictLabel> = {
  open: { words: "Sending", icon: null },
  comparing: { words: "Comparing", icon: null },
  right: { words: "Right: it is what you expected.", icon: "check" },
  wrong: { words: "Different: it is not what you expected.", icon: "close" },
  none: { words: "Now you can see what it is.", icon: null },
  not_run: { words: "It could not be found out.", icon: null },
};

/** Said in place of a run that must wait for a prediction. */
export const PREDICT_FIRST = {
  question: "First say what you expect, or press “I don't know”.",
  step: "First say what it will print.",
} as const;

/** The id of the field for an answer. */
export function answerFieldId(prediction: number): string {
  return `answer-${prediction}`;
}
