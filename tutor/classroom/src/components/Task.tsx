import type { Classroom } from "../classroom";
import type { Step } from "../page";
import { Asked } from "./Check";
import { Icon } from "./Icon";
import { Quiz } from "./Quiz";
import { Sentence } from "./Sentence";

/** What there is to do in the step, under its text; and the way on. */
export function Task({ room }: { room: Classroom }) {
  const { step } = room;
  return (
    <div class="task">
      {step.kind === "code" && <Demands step={step} />}
      {step.kind === "quiz" && <Quiz key={step.id} room={room} />}
      <Ways room={room} />
    </div>
  );
}

/** What Check will try, as far as it is told. */
function Demands({ step }: { step: Step }) {
  return (
    <>
      {step.cases.length > 0 && (
        <div class="demands">
          <h3>What is tried</h3>
          <ul>
            {step.cases.map(({ call, stdin }) => (
              <li key={`${call}\n${stdin}`}>
                <Asked call={call} stdin={stdin} />
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
                <Sentence text={rule} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** To the step before and the step after; the reader goes along to its beginning. */
function Ways({ room }: { room: Classroom }) {
  const { steps } = room.page;
  const at = steps.indexOf(room.step);
  const before = steps[at - 1];
  const after = steps[at + 1];
  if (!before && !after) {
    return null;
  }
  const go = (step: Step) => {
    room.go(step.id);
    // Once it is drawn.
    requestAnimationFrame(() => document.getElementById(`step-${step.id}`)?.focus());
  };
  const ready = room.step.kind === "explain" || room.progress().state === "done";
  return (
    <div class="ways">
      {before && (
        <button type="button" class="small" onClick={() => go(before)}>
          <Icon name="back" /> Previous
        </button>
      )}
      {after && (
        <button
          type="button"
          class={ready ? "small primary next" : "small next"}
          onClick={() => go(after)}
        >
          Next <Icon name="next" />
        </button>
      )}
    </div>
  );
}
