import type { Classroom } from "../classroom/classroom";
import { ContinueButton } from "../controls/ContinueButton";
import { Icon } from "../controls/Icon";
import { StatusChip } from "../controls/StatusChip";
import { TextWithCode } from "../controls/TextWithCode";
import type { AttemptView, CaseView } from "../protocol/frames";
import { attemptLabel, checkSummary, hiddenCasesLabel } from "../state/attemptLabels";
import { mayCheck } from "../state/permissions";
import { isUnderWay } from "../state/progress";
import { waitingNote } from "../state/runLabels";

/** The last check of the step: where it is, and what came of it. */
export function CheckPanel({ classroom, hidden }: { classroom: Classroom; hidden: boolean }) {
  const { last } = classroom.progress();
  const underWay = isUnderWay(last);
  return (
    <section class="result" id="check" aria-label="Check" aria-busy={underWay} hidden={hidden}>
      <div class="result-head">
        <StatusChip
          name="Check state"
          account={last && attemptLabel(last, "code")}
          position={last?.position ?? 0}
        />
        {last && last.number > 0 && <span class="figures">attempt {last.number}</span>}
        {underWay && (
          <button
            type="button"
            class="small"
            aria-label="Stop check"
            disabled={!classroom.isOnline}
            onClick={() => classroom.stop(last?.id ?? "")}
          >
            <Icon name="stop" /> Stop
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what overflows must scroll by keyboard too */}
      <div class="result-body" tabIndex={0}>
        {last === null && (
          <p class="faint">
            Check tries your program against every case of this step, some of them hidden.
          </p>
        )}
        {last?.state === "queued" && <p class="faint after-a-moment">{waitingNote(last)}</p>}
        {last?.state === "running" && (
          <p class="faint">Your program is being tried against all cases.</p>
        )}
        {last?.state === "judged" && <CheckOutcome classroom={classroom} attempt={last} />}
        {last && (last.state === "failed" || last.state === "unread") && (
          <NoOutcome classroom={classroom} attempt={last} />
        )}
      </div>
    </section>
  );
}

function CheckOutcome({ classroom, attempt }: { classroom: Classroom; attempt: AttemptView }) {
  const hidden = hiddenCasesLabel(attempt);
  return (
    <>
      <p class={attempt.passed ? "verdict good" : "verdict bad"} role="status" aria-label="Verdict">
        {checkSummary(attempt)}
      </p>
      {attempt.passed && <ContinueButton classroom={classroom} />}
      {attempt.rules.length > 0 && (
        <ul class="rules broken" aria-label="Rules that are not kept">
          {attempt.rules.map((rule) => (
            <li key={rule}>
              <TextWithCode text={rule} />
            </li>
          ))}
        </ul>
      )}
      {attempt.cases.length > 0 && <CaseTable cases={attempt.cases} />}
      {hidden && <p class="faint">{hidden}.</p>}
    </>
  );
}

function CaseTable({ cases }: { cases: CaseView[] }) {
  return (
    <table class="cases">
      <caption class="sr-only">The cases</caption>
      <thead>
        <tr>
          <th scope="col">Tried</th>
          <th scope="col">What came</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {cases.map((one, index) => (
          <tr key={index} class={one.passed ? "passed" : "failed"}>
            <td>
              <CaseInput call={one.call} stdin={one.stdin} />
            </td>
            <td>
              <TextWithCode text={one.got} />
            </td>
            <td class="outcome">
              <Icon name={one.passed ? "check" : "close"} />
              {one.passed ? "Passed" : "Not passed"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The call and the input of a case. */
export function CaseInput({ call, stdin }: { call: string; stdin: string }) {
  return (
    <>
      {call ? <code>{call}</code> : "The program"}
      {stdin && (
        <>
          {call ? " with the input" : " reads"}
          <pre>{stdin.trimEnd()}</pre>
        </>
      )}
      {!call && !stdin && " is run"}
    </>
  );
}

/** It could not be judged, or not be read: neither counts. */
function NoOutcome({ classroom, attempt }: { classroom: Classroom; attempt: AttemptView }) {
  const { explanation } = attemptLabel(attempt, "code");
  return (
    <>
      <p class="verdict bad">{explanation}</p>
      <p class="faint">This does not count as an attempt.</p>
      {attempt.state === "failed" && (
        <p>
          <button
            type="button"
            class="small"
            disabled={!mayCheck(classroom.state, classroom.step)}
            onClick={() => classroom.check()}
          >
            Check again
          </button>
        </p>
      )}
    </>
  );
}
