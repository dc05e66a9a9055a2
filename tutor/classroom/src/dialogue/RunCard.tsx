import { codeToHtml } from "../editor/highlight";
import type { CallView, RunView } from "../protocol/frames";
import { outputPreview, queuePlace, runLabel } from "../state/runLabels";
import { CodeListing, ProgramOutput, RunFigures } from "../workbench/ProgramOutput";

/** A program the tutor ran: the calls beside it, and folded what it was and what it printed. */
export function RunCard({ run, language }: { run: RunView; language: string }) {
  const hasCalls = run.calls.length > 0;
  const details = (
    <>
      {run.code && <Program run={run} language={language} />}
      {(!hasCalls || run.output.length > 0) && <ProgramOutput run={run} />}
    </>
  );
  return hasCalls ? (
    <div class="run-card">
      <p class="run-card-head">
        <Head run={run} />
      </p>
      <div class="run-card-body">
        <CallTable calls={run.calls} />
        <Explanation run={run} />
      </div>
      {(run.code || run.output.length > 0) && (
        <details>
          <summary class="run-card-more">{run.own ? "More" : "The program"}</summary>
          <div class="run-card-body">{details}</div>
        </details>
      )}
    </div>
  ) : (
    <details class="run-card">
      <summary class="run-card-head">
        <Head run={run} />
      </summary>
      <div class="run-card-body">
        {details}
        <Explanation run={run} />
        <RunFigures run={run} />
      </div>
    </details>
  );
}

/** Whose program it was, and how the run went. */
function Head({ run }: { run: RunView }) {
  const { label, tone } = runLabel(run);
  const preview = outputPreview(run);
  // Why there is nothing to see can be read without unfolding the card.
  const reason = run.output.length === 0 ? run.message : "";
  const where = queuePlace(run);
  return (
    <>
      <span class="run-card-title">
        {run.own ? "The tutor ran your program" : "The tutor ran a program"}
      </span>
      <span class={`chip ${tone}`}>
        {label}
        {where && ` – ${where}`}
      </span>
      {preview && run.calls.length === 0 && <code class="gist">{preview}</code>}
      {reason && run.calls.length === 0 && <span class="gist">{reason}</span>}
    </>
  );
}

/** The program, or the lines that the tutor has put behind the student's own. */
function Program({ run, language }: { run: RunView; language: string }) {
  const program = { __html: codeToHtml(run.code, language) };
  return (
    <>
      {run.own && <p class="faint">Your program, and behind it:</p>}
      <CodeListing label={run.own ? "Lines the tutor added" : "Program"} kind="program">
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: codeToHtml escapes everything */}
        <code dangerouslySetInnerHTML={program} />
      </CodeListing>
    </>
  );
}

function Explanation({ run }: { run: RunView }) {
  const { explanation } = runLabel(run);
  return explanation ? <p class="why">{explanation}</p> : null;
}

/** What was evaluated beside the program, and what came of it. */
function CallTable({ calls }: { calls: CallView[] }) {
  return (
    <table class="calls">
      <caption class="sr-only">The calls</caption>
      <thead>
        <tr>
          <th scope="col">Call</th>
          <th scope="col">What came</th>
        </tr>
      </thead>
      <tbody>
        {calls.map((one, index) => (
          <tr key={index}>
            <td>
              <code>{one.call}</code>
            </td>
            <td>
              {one.outcome ? <code>{one.outcome}</code> : <span class="faint">–</span>}
              {one.printed && (
                <>
                  <span class="faint"> and printed</span>
                  <pre>{one.printed.trimEnd()}</pre>
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
