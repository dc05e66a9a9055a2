import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import type { AttemptView } from "../protocol/frames";
import { attemptLabel } from "../state/attemptLabels";
import { mayChoose } from "../state/permissions";
import { isUnderWay } from "../state/progress";
import { Markdown } from "../text/Markdown";
import { typeset } from "../text/maths";

/** A question with answers to choose from; it may be answered again until it is right. */
export function Quiz({ classroom }: { classroom: Classroom }) {
  const { step } = classroom;
  const { last } = classroom.progress();
  const [chosen, setChosen] = useState<number[] | null>(null);
  // What was answered on an earlier visit is there again.
  const shown = chosen ?? last?.choices ?? [];
  const isAnswered = last?.state === "judged" && isSameChoice(shown, last.choices);
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
        classroom.choose(shown);
      }}
    >
      <fieldset>
        <legend>{step.several ? "Choose all that are right" : "Choose one"}</legend>
        {step.choices.map((html, index) => (
          <label key={html} class={choiceClass(index, isAnswered ? last : null)}>
            <input
              type={step.several ? "checkbox" : "radio"}
              name={`quiz-${step.id}`}
              checked={shown.includes(index)}
              onChange={(event) => choose(index, event.currentTarget.checked)}
            />
            <LessonHtml html={html} />
          </label>
        ))}
      </fieldset>
      {isAnswered && last && <QuizFeedback attempt={last} several={step.several} />}
      {last?.state === "failed" && (
        <p class="verdict bad" role="status">
          {attemptLabel(last, "quiz").explanation}
        </p>
      )}
      {!(isAnswered && last?.passed) && (
        <button
          type="submit"
          class="small primary"
          disabled={shown.length === 0 || !mayChoose(classroom.state) || isAnswered}
        >
          {isUnderWay(last) ? "Looking…" : "Answer"}
        </button>
      )}
    </form>
  );
}

/** Right or wrong, and what there is to say about each answer that was chosen. */
function QuizFeedback({ attempt, several }: { attempt: AttemptView; several: boolean }) {
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

function choiceClass(index: number, answered: AttemptView | null): string {
  if (!answered?.choices.includes(index)) {
    return "choice";
  }
  return answered.passed ? "choice right" : "choice chosen";
}

/** HTML that the server has made of the lesson's text, with its formulas. */
function LessonHtml({ html }: { html: string }) {
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

function isSameChoice(one: number[], other: number[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}
