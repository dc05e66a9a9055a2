import type { Classroom } from "../classroom/classroom";
import { goToStep } from "../controls/goToStep";
import { Icon } from "../controls/Icon";
import { TextWithCode } from "../controls/TextWithCode";
import type { Step } from "../page/pageData";
import { CaseInput } from "../workbench/CheckPanel";
import { Quiz } from "./Quiz";

/** The task of the step, under its text; and the way on. */
export function Task({ classroom }: { classroom: Classroom }) {
  const { step } = classroom;
  return (
    <div class="task">
      {step.kind === "code" && <Requirements step={step} />}
      {step.kind === "quiz" && <Quiz key={step.id} classroom={classroom} />}
      <StepNavigation classroom={classroom} />
    </div>
  );
}

/** The visible cases and the rules of a step. */
function Requirements({ step }: { step: Step }) {
  return (
    <>
      {step.cases.length > 0 && (
        <div class="demands">
          <h3>What is tried</h3>
          <ul>
            {step.cases.map(({ call, stdin }) => (
              <li key={`${call}\n${stdin}`}>
                <CaseInput call={call} stdin={stdin} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {step.rules.length > 0 && (
        <div class="demands">
          <h3>Rules</h3>
          <ul class="rules">
            {step.rules.map((rule) => (
              <li key={rule}>
                <TextWithCode text={rule} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** To the step before and the step after; the reader goes along to its beginning. */
function StepNavigation({ classroom }: { classroom: Classroom }) {
  const { steps } = classroom.page;
  const at = steps.indexOf(classroom.step);
  const before = steps[at - 1];
  const after = steps[at + 1];
  if (!before && !after) {
    return null;
  }
  const ready = classroom.step.kind === "explain" || classroom.progress().state === "done";
  return (
    <div class="ways">
      {before && (
        <button type="button" class="small" onClick={() => goToStep(classroom, before)}>
          <Icon name="back" /> Previous
        </button>
      )}
      {after && (
        <button
          type="button"
          class={ready ? "small primary next" : "small next"}
          onClick={() => goToStep(classroom, after)}
        >
          Next <Icon name="next" />
        </button>
      )}
    </div>
  );
}
