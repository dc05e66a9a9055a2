import type { Classroom } from "../classroom/classroom";
import { stepOf } from "../page/pageData";
import { isPassed, nextStep } from "../state/progress";
import { goToStep } from "./goToStep";
import { Icon } from "./Icon";

/** Once the step is passed: to the next one that is not, or to what comes after the lesson. */
export function ContinueButton({ classroom }: { classroom: Classroom }) {
  const { page, step, state } = classroom;
  if (!isPassed(classroom.progress().state)) {
    return null;
  }
  const ids = page.steps.map(({ id }) => id);
  const next = nextStep(state.progress, ids, step.id);
  return next === null ? (
    <button type="button" class="small primary continue" onClick={() => classroom.showFinish(true)}>
      What comes next <Icon name="next" />
    </button>
  ) : (
    <button
      type="button"
      class="small primary continue"
      onClick={() => goToStep(classroom, stepOf(page, next))}
    >
      Continue <Icon name="next" />
    </button>
  );
}
