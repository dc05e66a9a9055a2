import type { Classroom } from "../classroom/classroom";
import type { Step } from "../page/pageData";

/** Shows a step; the reader goes along to the beginning of its text. */
export function goToStep(classroom: Classroom, step: Step): void {
  classroom.goToStep(step.id);
  classroom.showPanel("Lesson");
  // Once it is drawn.
  requestAnimationFrame(() => document.getElementById(`step-${step.id}`)?.focus());
}
