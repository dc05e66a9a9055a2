import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { KINDS, type Step, titleOf } from "../page";
import type { Progress } from "../steps";
import { Icon } from "./Icon";

const STATES: Record<Progress["state"], string> = { new: "new", begun: "begun", done: "done" };

/** All steps of the lesson, and how far the student is in each. */
export function Stepper({ room }: { room: Classroom }) {
  const { steps } = room.page;
  const at = steps.indexOf(room.step);
  if (steps.length < 2) {
    return null;
  }
  return (
    <nav class="steps" aria-label="Steps of the lesson">
      <ol>
        {steps.map((step, index) => (
          <li key={step.id}>
            <StepButton room={room} step={step} index={index} current={index === at} />
          </li>
        ))}
      </ol>
      <News words={`Step ${at + 1} of ${steps.length}: ${titleOf(room.step)}`} />
    </nav>
  );
}

function StepButton({
  room,
  step,
  index,
  current,
}: {
  room: Classroom;
  step: Step;
  index: number;
  current: boolean;
}) {
  const { state } = room.progress(step);
  return (
    <button
      type="button"
      class={`step ${state}`}
      aria-current={current ? "step" : undefined}
      title={`Step ${index + 1}: ${KINDS[step.kind]}, ${STATES[state]}`}
      onClick={() => room.go(step.id)}
    >
      <span class="step-mark" aria-hidden="true">
        {state === "done" ? <Icon name="check" /> : index + 1}
      </span>
      <span class="step-title">{titleOf(step)}</span>
      <span class="sr-only">
        {step.title && `, ${KINDS[step.kind]}`}, {STATES[state]}
      </span>
    </button>
  );
}

/** Says which step is shown, once it is another one. */
function News({ words }: { words: string }) {
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
