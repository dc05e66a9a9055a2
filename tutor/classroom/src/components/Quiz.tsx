import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { account } from "../attempts";
import type { Classroom } from "../classroom";
import type { AttemptView } from "../frames";
import { typeset } from "../maths";
import { isUnderWay } from "../steps";
import { Markdown } from "./Message";

/** A question with answers to choose from; it may be answered again until it is right. */
export function Quiz({ room }: { room: Classroom }) {
  const { step } = room;
  const { last } = room.progress();
  const [chosen, setChosen] = useState<number[] | null>(null);
  // What was answered on an earlier visit is there again.
  const shown = chosen ?? last?.choices ?? [];
  const isAnswered = last?.state === "judged" && isSame(shown, last.choices);
  const choose = (choice: number, on: boolean) => {
    if (!step.several) {
      setChosen([choice]);
    } else {
      const others = shown.filter((one) => one !== choice);
      setChosen((on ? [...others, choice] : others).toSorted((a, b) => a - b));
    }
  };
  return (
    <form
      class="quiz"
      onSubmit={(event) => {
        event.preventDefault();
        room.choose(shown);
      }}
    >
      <fieldset>
        <legend>{step.several ? "Choose all that are right" : "Choose one"}</legend>
        {step.choices.map((html, index) => (
          <label key={html} class={mark(index, isAnswered ? last : null)}>
            <input
              type={step.several ? "checkbox" : "radio"}
              name={`quiz-${step.id}`}
              checked={shown.includes(index)}
              onChange={(event) => choose(index, event.currentTarget.checked)}
            />
            <Html html={html} />
          </label>
        ))}
      </fieldset>
      {isAnswered && last && <Answered attempt={last} several={step.several} />}
      {last?.state === "failed" && (
        <p class="verdict bad" role="status">
          {account(last, "quiz").why}
        </p>
      )}
      {!(isAnswered && last?.passed) && (
        <button
          type="submit"
          class="small primary"
          disabled={shown.length === 0 || !room.mayChoose || isAnswered}
        >
          {isUnderWay(last) ? "Looking…" : "Answer"}
        </button>
      )}
    </form>
  );
}

/** Right or wrong, and what there is to say about each answer that was chosen. */
function Answered({ attempt, several }: { attempt: AttemptView; several: boolean }) {
  const wrong = several
    ? "Not yet: something is missing or too much."
    : "Not yet. Try another one.";
  return (
    <div role="status" aria-label="Verdict">
      <p class={attempt.passed ? "verdict good" : "verdict bad"}>
        {attempt.passed ? "Right!" : wrong}
      </p>
      {attempt.because.filter(Boolean).map((text) => (
        <div key={text} class="because">
          <Markdown text={text} />
        </div>
      ))}
    </div>
  );
}

function mark(index: number, answered: AttemptView | null): string {
  if (!answered?.choices.includes(index)) {
    return "choice";
  }
  return answered.passed ? "choice right" : "choice chosen";
}

/** HTML that the server has made of the lesson's text, with its formulas. */
function Html({ html }: { html: string }) {
  const box = useRef<HTMLSpanElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the formulas come with the HTML
  useLayoutEffect(() => {
    if (box.current) {
      void typeset(box.current);
    }
  }, [html]);
  return (
    // biome-ignore lint/security/noDangerouslySetInnerHtml: the server has made it, raw HTML is text there
    <span class="prose" ref={box} dangerouslySetInnerHTML={{ __html: html }} />
  );
}

function isSame(one: number[], other: number[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}
