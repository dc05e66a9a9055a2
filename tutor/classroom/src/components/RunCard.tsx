import type { RunView } from "../frames";
import { codeToHtml } from "../highlight";
import type { Language } from "../page";
import { account, gist, place } from "../runs";
import { Listing, Printed, RunFigures } from "./Printed";

/** A program the tutor ran, folded to a line or two that say how it went. */
export function RunCard({ run, language }: { run: RunView; language: Language }) {
  const said = account(run);
  const preview = gist(run);
  const where = place(run);
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
        <Listing label="Program" kind="program">
          {/* biome-ignore lint/security/noDangerouslySetInnerHtml: codeToHtml escapes everything */}
          <code dangerouslySetInnerHTML={program} />
        </Listing>
        <Printed run={run} />
        {said.why && <p class="why">{said.why}</p>}
        <RunFigures run={run} />
      </div>
    </details>
  );
}
