import { useLayoutEffect, useRef } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { Icon } from "../controls/Icon";
import { StatusChip } from "../controls/StatusChip";
import type { RunView } from "../protocol/frames";
import { runLabel, waitingNote } from "../state/runLabels";
import { isRunning } from "../state/runState";
import { ProgramOutput, RunFigures } from "./ProgramOutput";
import { StdinField } from "./StdinField";

/** The output of the student's own run, with the field for its input. */
export function OutputPanel({ classroom, hidden }: { classroom: Classroom; hidden: boolean }) {
  const { state, step } = classroom;
  const { ownRun, ownRunStep } = state;
  const run = ownRunStep === step.id ? ownRun : null;
  const running = run !== null && isRunning(run);
  return (
    <section class="result" id="output" aria-label="Output" aria-busy={running} hidden={hidden}>
      <div class="result-head">
        <StatusChip name="Run" account={run && runLabel(run)} position={run?.position ?? 0} />
        {run && <RunFigures run={run} />}
        {running && (
          <button
            type="button"
            class="small"
            aria-label="Stop program"
            disabled={!classroom.isOnline}
            onClick={() => classroom.stop(run.id)}
          >
            <Icon name="stop" /> Stop
          </button>
        )}
      </div>
      <OutputBody classroom={classroom} run={run} />
    </section>
  );
}

/** Follows the end of the output as it grows. */
function OutputBody({ classroom, run }: { classroom: Classroom; run: RunView | null }) {
  const { inputEnded } = classroom.state;
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is the occasion, not an input
  useLayoutEffect(() => {
    if (box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [run]);
  const why = run ? runLabel(run).explanation : "";
  const waits = run ? waitingNote(run) : "";
  const reads =
    run?.interactive && run.state === "running" && !run.input_ended && inputEnded !== run.id;
  return (
    <div class="result-body" ref={box} tabIndex={-1}>
      {run ? (
        <ProgramOutput run={run} />
      ) : (
        <p class="faint">What your program prints appears here.</p>
      )}
      {waits && <p class="faint after-a-moment">{waits}</p>}
      {reads && <StdinField key={run.id} classroom={classroom} />}
      {why && <p class="why">{why}</p>}
    </div>
  );
}
