import type { Classroom } from "../classroom/classroom";
import { ContinueButton } from "../controls/ContinueButton";
import { goToStep } from "../controls/goToStep";
import { Icon } from "../controls/Icon";
import { TextWithCode } from "../controls/TextWithCode";
import type { Step } from "../page/pageData";
import { isPassed, nextStep } from "../state/progress";
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

/** To the step before and the step after; the reader goes along to its beginning.
 *
 * Where the result stands above, Continue leads on; where that is the step after, in its place. */
function StepNavigation({ classroom }: { classroom: Classroom }) {
  const { page, step, state } = classroom;
  const at = page.steps.indexOf(step);
  const before = page.steps[at - 1];
  const after = page.steps[at + 1];
  const isResultHere = step.kind === "explain" || step.kind === "quiz" || page.steps.length === 1;
  const passed = isPassed(classroom.progress().state);
  const goesOn = passed && isResultHere;
  const ids = page.steps.map(({ id }) => id);
  const isNext = after !== undefined && nextStep(state.progress, ids, step.id) === after.id;
  if (!before && !after && !goesOn) {
    return null;
  }
  return (
    <div class="ways">
      {before && (
        <button type="button" class="small" onClick={() => goToStep(classroom, before)}>
          <Icon name="back" /> Previous
        </button>
      )}
      <span class="ways-on">
        {after && !(goesOn && isNext) && (
          <button type="button" class="small" onClick={() => goToStep(classroom, after)}>
            Next <Icon name="next" />
          </button>
        )}
        {goesOn && <ContinueButton classroom={classroom} />}
      </span>
    </div>
  );
}
