import type { Classroom } from "../classroom/classroom";
import { stepOf } from "../page/pageData";
import { isPassed, nextStep } from "../state/progress";
import { goToStep } from "./goToStep";
import { Icon } from "./Icon";

/** Once the step is passed: to the next one that is not, or to what comes after the lesson. */
export function ContinueButton({
  classroom,
  look = "words",
}: {
  classroom: Classroom;
  look?: "words" | "icon";
}) {
  const { page, step, state } = classroom;
  if (!isPassed(classroom.progress().state)) {
    return null;
  }
  const words = look === "icon" ? "sr-only" : undefined;
  const ids = page.steps.map(({ id }) => id);
  const next = nextStep(state.progress, ids, step.id);
  return next === null ? (
    <button
      type="button"
      class={`small primary continue ${look}`}
      onClick={() => classroom.showFinish(true)}
    >
      <span class={words}>What comes next</span> <Icon name="next" />
    </button>
  ) : (
    <button
      type="button"
      class={`small primary continue ${look}`}
      onClick={() => goToStep(classroom, stepOf(page, next))}
    >
      <span class={words}>Continue</span> <Icon name="next" />
    </button>
  );
}
