import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { ContinueButton } from "../controls/ContinueButton";
import { Icon } from "../controls/Icon";
import { hasProgram, KIND_LABELS, type Step, titleOf } from "../page/pageData";
import { isFinished, isPassed, STATE_LABELS } from "../state/progress";

/** All steps of the lesson, and how far the student is in each. */
export function Stepper({ classroom }: { classroom: Classroom }) {
  const { steps } = classroom.page;
  const at = steps.indexOf(classroom.step);
  if (steps.length < 2) {
    return null;
  }
  return (
    <nav class="steps" aria-label="Steps of the lesson">
      <ol>
        {steps.map((step, index) => (
          <li key={step.id}>
            <StepButton classroom={classroom} step={step} index={index} current={index === at} />
          </li>
        ))}
        <StepperEnd classroom={classroom} />
      </ol>
      <StepAnnouncement words={`Step ${at + 1} of ${steps.length}: ${titleOf(classroom.step)}`} />
    </nav>
  );
}

/** Behind the steps: the way on from a step whose result is shown elsewhere, and from the lesson. */
function StepperEnd({ classroom }: { classroom: Classroom }) {
  const isElsewhere = hasProgram(classroom.step) && classroom.step.kind !== "explain";
  if (isFinished(classroom.state.progress)) {
    return (
      <li class="steps-end">
        <button
          type="button"
          class="step finished"
          title="Lesson finished"
          onClick={() => classroom.showFinish(true)}
        >
          <Icon name="flag" />
          <span class="sr-only">Lesson finished</span>
          <span aria-hidden="true">Finished</span>
        </button>
      </li>
    );
  }
  return isElsewhere && isPassed(classroom.progress().state) ? (
    <li class="steps-end">
      <ContinueButton classroom={classroom} look="icon" />
    </li>
  ) : null;
}

function StepButton({
  classroom,
  step,
  index,
  current,
}: {
  classroom: Classroom;
  step: Step;
  index: number;
  current: boolean;
}) {
  const { state } = classroom.progress(step);
  return (
    <button
      type="button"
      class={`step ${state}`}
      aria-current={current ? "step" : undefined}
      title={`Step ${index + 1}: ${KIND_LABELS[step.kind]}, ${STATE_LABELS[state]}`}
      onClick={() => classroom.goToStep(step.id)}
    >
      <span class="step-mark" aria-hidden="true">
        {isPassed(state) ? <Icon name="check" /> : index + 1}
      </span>
      <span class="step-title">{titleOf(step)}</span>
      <span class="sr-only">
        {step.title && `, ${KIND_LABELS[step.kind]}`}, {STATE_LABELS[state]}
      </span>
    </button>
  );
}

/** Says which step is shown, once it is another one. */
function StepAnnouncement({ words }: { words: string }) {
  const [said, setSaid] = useState("");
  const before = useRef(words);
  useEffect(() => {
    if (before.current !== words) {
      before.current = words;
      setSaid(words);
    }
  }, [words]);
  return (
    <p class="sr-only" role="status" aria-label="Step">
      {said}
    </p>
  );
}
