import { useLayoutEffect, useRef } from "preact/hooks";
import type { Classroom } from "../classroom";
import type { RunView } from "../frames";
import { account } from "../runs";
import { isRunning } from "../state";
import { Icon } from "./Icon";
import { Printed, RunFigures } from "./Printed";
import { Reading } from "./Reading";
import { Status } from "./Status";

/** What the student's own program prints, and where they type what it asks for. */
export function Output({ room, hidden }: { room: Classroom; hidden: boolean }) {
  const { state, step } = room;
  const { ownRun, ranIn } = state;
  const run = ranIn === step.id ? ownRun : null;
  const running = run !== null && isRunning(run);
  return (
    <section class="result" id="output" aria-label="Output" aria-busy={running} hidden={hidden}>
      <div class="result-head">
        <Status name="Run" account={run && account(run)} position={run?.position ?? 0} />
        {run && <RunFigures run={run} />}
        {running && (
          <button
            type="button"
            class="small"
            aria-label="Stop program"
            disabled={!room.isOnline}
            onClick={() => room.stop(run.id)}
          >
            <Icon name="stop" /> Stop
          </button>
        )}
      </div>
      <Body room={room} run={run} />
    </section>
  );
}

/** Follows the end of the output as it grows. */
function Body({ room, run }: { room: Classroom; run: RunView | null }) {
  const { inputEnded } = room.state;
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is the occasion, not an input
  useLayoutEffect(() => {
    if (box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [run]);
  const why = run ? account(run).why : "";
  const reads = run?.interactive && run.state === "running" && inputEnded !== run.id;
  return (
    <div class="result-body" ref={box} tabIndex={-1}>
      {run ? <Printed run={run} /> : <p class="faint">What your program prints appears here.</p>}
      {reads && <Reading key={run.id} room={room} />}
      {why && <p class="why">{why}</p>}
    </div>
  );
}
