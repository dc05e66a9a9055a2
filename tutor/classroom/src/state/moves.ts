// The tutor's moves: predictions it asks for, hints, offers. And what the student does about them. Pure.
//
// 1. A prediction goes from open to comparing to its end, and never back.
// 2. An answer is kept until the server has accepted or refused it; then its card says which.
// 3. The reason for which a hint was refused is shown until something has changed.

import type { Answer, Hello, OfferItem, PredictionItem, PredictionView } from "../protocol/frames";
import type { Item, State, StateEvent } from "./model";
import { isPassed, progressOf } from "./progress";

/** The question of the tutor's that is open in a step; null if there is none. */
export function openPrediction(items: readonly Item[], step: string): PredictionView | null {
  const isOpen = (item: Item): item is PredictionItem =>
    item.kind === "prediction" && item.prediction.step === step && item.prediction.state === "open";
  return items.findLast(isOpen)?.prediction ?? null;
}

/** Of two views of a prediction the one that tells more. */
export function newerPrediction(known: PredictionView, came: PredictionView): PredictionView {
  return rank(came) < rank(known) ? known : came;
}

/** The server says what has become of a prediction. */
export function changePrediction(state: State, came: PredictionView): State {
  const at = state.items.findIndex(
    (item) => item.kind === "prediction" && item.prediction.number === came.number,
  );
  const item = state.items[at];
  if (item?.kind !== "prediction") {
    return state;
  }
  const prediction = newerPrediction(item.prediction, came);
  return { ...state, items: state.items.with(at, { ...item, prediction }) };
}

export function sendAnswer(state: State, answer: Answer): State {
  const errors = { ...state.answerErrors };
  delete errors[answer.prediction];
  return { ...state, answers: [...state.answers, answer], answerErrors: errors };
}

/** An answer of this id, if it is one, is stored; `prediction` follows, and is shown already. */
export function acceptAnswer(state: State, id: string): State {
  const answer = state.answers.find((one) => one.id === id);
  if (!answer) {
    return state;
  }
  const rest = { ...state, answers: state.answers.filter((one) => one !== answer) };
  const item = state.items.find(
    (one) => one.kind === "prediction" && one.prediction.number === answer.prediction,
  );
  return item?.kind === "prediction"
    ? changePrediction(rest, {
        ...item.prediction,
        state: "comparing",
        said: answer.text ?? "",
      })
    : rest;
}

/** The answer was not taken: its card says why, or the page where there is no such card. */
export function refuseAnswer(state: State, answer: Answer, why: string): State {
  const isShown = state.items.some(
    (one) => one.kind === "prediction" && one.prediction.number === answer.prediction,
  );
  return {
    ...state,
    answers: state.answers.filter((one) => one !== answer),
    answerErrors: { ...state.answerErrors, [answer.prediction]: why },
    notice: isShown ? state.notice : why,
  };
}

/** The answers that are still to be sent: their predictions are open, as far as hello knows. */
export function answersLeft(answers: readonly Answer[], hello: Hello): Answer[] {
  return answers.filter(({ prediction }) => {
    const named = hello.items.find(
      (item) => item.kind === "prediction" && item.prediction.number === prediction,
    );
    // Of older ones hello names those that are unsettled.
    return named?.kind === "prediction"
      ? named.prediction.state === "open"
      : prediction >= hello.start;
  });
}

/** Can the button of an offer still do what it says? */
export function isOfferOpen(state: State, { what, step }: OfferItem): boolean {
  const passed = isPassed(progressOf(state.progress, step).state);
  return state.step === step && (what === "next" || !passed);
}

/** Once this has happened, a hint may be given that was refused before. */
export function outdatesRefusal(event: StateEvent): boolean {
  switch (event.type) {
    case "edited":
    case "run_ordered":
    case "attempt_ordered":
    case "message_said":
    case "prediction_answered":
    case "hint_ordered":
    case "step_shown":
      return true;
    case "frame":
      return ["hello", "attempt", "run_changed", "prediction", "program", "item"].includes(
        event.frame.type,
      );
    default:
      return false;
  }
}

function rank({ state }: PredictionView): number {
  return state === "open" ? 0 : state === "comparing" ? 1 : 2;
}
