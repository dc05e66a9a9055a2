import { useLayoutEffect, useRef } from "preact/hooks";
import type { RunView } from "../frames";
import { account } from "../runs";
import { isRunning } from "../state";
import { Icon } from "./Icon";
import { Printed, RunFigures } from "./RunCard";

/** What the student's own program prints. */
export function Output({
  run,
  online,
  stop,
}: {
  run: RunView | null;
  online: boolean;
  stop: () => void;
}) {
  const running = run !== null && isRunning(run);
  return (
    <section class="output" aria-label="Output" aria-busy={running}>
      <header class="panel-head">
        <h2>Output</h2>
        <span class="run-state" role="status" aria-label="Run">
          {run && <span class={`chip ${account(run).tone}`}>{account(run).label}</span>}
        </span>
        {run && <RunFigures run={run} />}
        {running && (
          <button
            type="button"
            class="small"
            aria-label="Stop program"
            disabled={!online}
            onClick={stop}
          >
            <Icon name="stop" /> Stop
          </button>
        )}
      </header>
      <OutputText run={run} />
    </section>
  );
}

/** Follows the end of the output as it grows. */
function OutputText({ run }: { run: RunView | null }) {
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is the occasion, not an input
  useLayoutEffect(() => {
    if (box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [run]);
  const why = run ? account(run).why : "";
  return (
    <div class="output-text" ref={box}>
      {run ? <Printed run={run} /> : <p class="faint">What your program prints appears here.</p>}
      {why && <p class="why">{why}</p>}
    </div>
  );
}
