import { account, headline, hiddenCases } from "../attempts";
import type { Classroom } from "../classroom";
import type { AttemptView, CaseView } from "../frames";
import { isUnderWay } from "../steps";
import { Icon } from "./Icon";
import { Sentence } from "./Sentence";
import { Status } from "./Status";

/** The last check of the step: where it is, and what came of it. */
export function Check({ room, hidden }: { room: Classroom; hidden: boolean }) {
  const { last } = room.progress();
  const underWay = isUnderWay(last);
  return (
    <section class="result" id="check" aria-label="Check" aria-busy={underWay} hidden={hidden}>
      <div class="result-head">
        <Status
          name="Check state"
          account={last && account(last, "code")}
          position={last?.position ?? 0}
        />
        {last && last.number > 0 && <span class="figures">attempt {last.number}</span>}
        {underWay && (
          <button
            type="button"
            class="small"
            aria-label="Stop check"
            disabled={!room.isOnline}
            onClick={() => room.stop(last?.id ?? "")}
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
        {last?.state === "queued" && (
          <p class="faint">Your program is tried when its turn comes.</p>
        )}
        {last?.state === "running" && (
          <p class="faint">Your program is being tried against all cases.</p>
        )}
        {last?.state === "judged" && <Outcome attempt={last} />}
        {last && (last.state === "failed" || last.state === "unread") && (
          <NoOutcome room={room} attempt={last} />
        )}
      </div>
    </section>
  );
}

function Outcome({ attempt }: { attempt: AttemptView }) {
  const hidden = hiddenCases(attempt);
  return (
    <>
      <p class={attempt.passed ? "verdict good" : "verdict bad"} role="status" aria-label="Verdict">
        {headline(attempt)}
      </p>
      {attempt.rules.length > 0 && (
        <ul class="rules broken" aria-label="Rules that are not kept">
          {attempt.rules.map((rule) => (
            <li key={rule}>
              <Sentence text={rule} />
            </li>
          ))}
        </ul>
      )}
      {attempt.cases.length > 0 && <Cases cases={attempt.cases} />}
      {hidden && <p class="faint">{hidden}.</p>}
    </>
  );
}

function Cases({ cases }: { cases: CaseView[] }) {
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
              <Asked call={one.call} stdin={one.stdin} />
            </td>
            <td>
              <Sentence text={one.got} />
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

/** What a case asks of a program. */
export function Asked({ call, stdin }: { call: string; stdin: string }) {
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
function NoOutcome({ room, attempt }: { room: Classroom; attempt: AttemptView }) {
  const { why } = account(attempt, "code");
  return (
    <>
      <p class="verdict bad">{why}</p>
      <p class="faint">This does not count as an attempt.</p>
      {attempt.state === "failed" && (
        <p>
          <button type="button" class="small" disabled={!room.mayTry} onClick={() => room.check()}>
            Check again
          </button>
        </p>
      )}
    </>
  );
}
