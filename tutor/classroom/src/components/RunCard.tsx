import type { ComponentChildren } from "preact";
import type { RunView } from "../frames";
import { pythonToHtml } from "../highlight";
import { account, duration, gist } from "../runs";
import { isRunning } from "../state";

/** A program the tutor ran, folded to a line or two that say how it went. */
export function RunCard({ run }: { run: RunView }) {
  const { label, tone, why } = account(run);
  const preview = gist(run);
  const program = { __html: pythonToHtml(run.code) };
  return (
    <details class="run-card">
      <summary>
        <span class="run-card-title">The tutor ran a program</span>
        <span class={`chip ${tone}`}>{label}</span>
        {preview && <code class="gist">{preview}</code>}
      </summary>
      <div class="run-card-body">
        <Listing label="Program" kind="program">
          {/* biome-ignore lint/security/noDangerouslySetInnerHtml: pythonToHtml escapes everything */}
          <code dangerouslySetInnerHTML={program} />
        </Listing>
        <Printed run={run} />
        {why && <p class="why">{why}</p>}
        <RunFigures run={run} />
      </div>
    </details>
  );
}

/** What a program printed. */
export function Printed({ run }: { run: RunView }) {
  const silent = run.state === "ok" && !run.stdout && !run.stderr;
  return (
    <>
      {run.stdout && (
        <Listing label="What the program printed" kind="stdout">
          {run.stdout}
        </Listing>
      )}
      {run.stderr && (
        <Listing label="Errors of the program" kind="stderr">
          {run.stderr}
        </Listing>
      )}
      {silent && <p class="faint">The program printed nothing.</p>}
    </>
  );
}

/** How a run ended, in numbers. */
export function RunFigures({ run }: { run: RunView }) {
  if (isRunning(run) || run.exit_code === null) {
    return null;
  }
  return (
    <span class="figures">
      exit code {run.exit_code} · {duration(run.duration_ms)}
    </span>
  );
}

interface ListingProps {
  label: string;
  kind: "program" | "stdout" | "stderr";
  children: ComponentChildren;
}

function Listing({ label, kind, children }: ListingProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what overflows must scroll by keyboard too
    <pre role="group" aria-label={label} class={kind} tabIndex={0}>
      {children}
    </pre>
  );
}
