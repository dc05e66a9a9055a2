import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { Icon } from "../controls/Icon";
import { KIND_LABELS, type Step, titleOf } from "../page/pageData";
import type { Progress } from "../state/progress";

const STATE_LABELS: Record<Progress["state"], string> = {
  new: "new",
  begun: "begun",
  done: "done",
};

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
      </ol>
      <StepAnnouncement words={`Step ${at + 1} of ${steps.length}: ${titleOf(classroom.step)}`} />
    </nav>
  );
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
        {state === "done" ? <Icon name="check" /> : index + 1}
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
