import { codeToHtml } from "../editor/highlight";
import type { RunView } from "../protocol/frames";
import { outputPreview, queuePlace, runLabel } from "../state/runLabels";
import { CodeListing, ProgramOutput, RunFigures } from "../workbench/ProgramOutput";

/** A program the tutor ran, folded to a line or two that say how it went. */
export function RunCard({ run, language }: { run: RunView; language: string }) {
  const said = runLabel(run);
  const preview = outputPreview(run);
  const where = queuePlace(run);
  const program = { __html: codeToHtml(run.code, language) };
  return (
    <details class="run-card">
      <summary>
        <span class="run-card-title">The tutor ran a program</span>
        <span class={`chip ${said.tone}`}>
          {said.label}
          {where && ` – ${where}`}
        </span>
        {preview && <code class="gist">{preview}</code>}
      </summary>
      <div class="run-card-body">
        <CodeListing label="Program" kind="program">
          {/* biome-ignore lint/security/noDangerouslySetInnerHtml: codeToHtml escapes everything */}
          <code dangerouslySetInnerHTML={program} />
        </CodeListing>
        <ProgramOutput run={run} />
        {said.explanation && <p class="why">{said.explanation}</p>}
        <RunFigures run={run} />
      </div>
    </details>
  );
}
