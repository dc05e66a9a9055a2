import type { Classroom } from "../classroom/classroom";
import { openPrediction } from "../state/moves";
import { duePrediction } from "../state/permissions";
import { answerFieldId, PREDICT_FIRST } from "../state/predictionLabels";

/** Why nothing can be run in the step: the prediction comes first. And the way to it. */
export function PredictFirst({ classroom }: { classroom: Classroom }) {
  const { state, step } = classroom;
  const due = duePrediction(state, step);
  // In a predict step the question stands in the same panel, until a run is asked for all the same.
  if (due === null || (due === "step" && state.blockedRuns === 0)) {
    return null;
  }
  const show = () => {
    const question = openPrediction(state.items, step.id);
    if (due === "question") {
      classroom.showPanel("Tutor");
    }
    const field = due === "question" ? answerFieldId(question?.number ?? 0) : "prediction";
    // Once it is drawn.
    requestAnimationFrame(() => document.getElementById(field)?.focus());
  };
  return (
    <div class="notice predict-first">
      {/* Said anew each time. */}
      <p key={state.blockedRuns} role={state.blockedRuns > 0 ? "alert" : undefined}>
        {PREDICT_FIRST[due]}
      </p>
      <button type="button" class="small" onClick={show}>
        Show the question
      </button>
    </div>
  );
}
