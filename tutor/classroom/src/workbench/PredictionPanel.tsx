import { useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { ContinueButton } from "../controls/ContinueButton";
import { Icon } from "../controls/Icon";
import { StatusChip } from "../controls/StatusChip";
import type { AttemptView } from "../protocol/frames";
import { attemptLabel, predictionSummary } from "../state/attemptLabels";
import { mayTry } from "../state/permissions";
import { isPassed, isUnderWay } from "../state/progress";
import { streamText } from "../state/runLabels";

/** First what the student thinks the program prints; then that beside what it printed. */
export function PredictionPanel({ classroom, hidden }: { classroom: Classroom; hidden: boolean }) {
  const { last, state } = classroom.progress();
  const underWay = isUnderWay(last);
  return (
    <section class="result" id="check" aria-label="Prediction" aria-busy={underWay} hidden={hidden}>
      <div class="result-head">
        <StatusChip
          name="Prediction state"
          account={last && attemptLabel(last, "predict")}
          position={last?.position ?? 0}
        />
        {underWay && (
          <button
            type="button"
            class="small"
            aria-label="Stop program"
            disabled={!classroom.isOnline}
            onClick={() => classroom.stop(last?.id ?? "")}
          >
            <Icon name="stop" /> Stop
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what overflows must scroll by keyboard too */}
      <div class="result-body" tabIndex={0}>
        {last?.state === "judged" && <Comparison attempt={last} />}
        <ContinueButton classroom={classroom} />
        {!isPassed(state) && <PredictionForm key={classroom.step.id} classroom={classroom} />}
      </div>
    </section>
  );
}

function PredictionForm({ classroom }: { classroom: Classroom }) {
  const { step } = classroom;
  const { last } = classroom.progress();
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (classroom.store.draft(step.id) || (last?.prediction ?? ""));
  const missed = last?.state === "failed" || last?.state === "unread";
  return (
    <form
      class="guess"
      onSubmit={(event) => {
        event.preventDefault();
        classroom.predict(text);
      }}
    >
      {missed && <p class="verdict bad">{attemptLabel(last, "predict").explanation}</p>}
      <label for="prediction">What will it print?</label>
      <textarea
        id="prediction"
        rows={4}
        value={text}
        spellcheck={false}
        autocapitalize="off"
        readOnly={isUnderWay(last)}
        placeholder="Write it as it will appear, line by line"
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          classroom.saveDraft(step.id, event.currentTarget.value);
        }}
      />
      <div class="guess-foot">
        <span class="faint">Then the program is run, and you see both.</span>
        <button type="submit" class="small primary" disabled={!mayTry(classroom.state)}>
          {missed ? "Try again" : "That is my prediction"}
        </button>
      </div>
    </form>
  );
}

function Comparison({ attempt }: { attempt: AttemptView }) {
  const errors = streamText(attempt.output, "stderr");
  const line = attempt.differs?.line ?? 0;
  return (
    <>
      <p class={attempt.passed ? "verdict good" : "verdict"} role="status" aria-label="Verdict">
        {predictionSummary(attempt)}
      </p>
      <div class="beside">
        <NumberedLines title="You predicted" text={attempt.prediction} marked={line} />
        <NumberedLines
          title="It printed"
          text={streamText(attempt.output, "stdout")}
          marked={line}
        />
      </div>
      {errors && <pre class="stderr">{errors}</pre>}
    </>
  );
}

/** A text line by line; the line of this number is marked, also where the text has none. */
function NumberedLines({ title, text, marked }: { title: string; text: string; marked: number }) {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  while (lines.length < marked) {
    lines.push("");
  }
  return (
    <div class="lines">
      <h3>{title}</h3>
      {lines.length === 0 && <p class="faint">Nothing</p>}
      <ol>
        {lines.map((line, index) => (
          <li key={index} class={index + 1 === marked ? "differs" : ""}>
            {index + 1 === marked && <span class="sr-only">The first that differs: </span>}
            <code>{line}</code>
            {index + 1 === marked && line === "" && <span class="faint">(nothing)</span>}
          </li>
        ))}
      </ol>
    </div>
  );
}
