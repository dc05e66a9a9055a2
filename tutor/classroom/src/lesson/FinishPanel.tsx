import { useLayoutEffect, useRef } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { goToStep } from "../controls/goToStep";
import { Icon } from "../controls/Icon";
import { type PageData, titleOf } from "../page/pageData";
import { finishSummary } from "../state/finishLabels";

/**
 * The lesson is finished: what was learnt, how, and what comes next.
 *
 * It covers a part of the page and takes nothing from it: who writes goes on writing. The focus
 * goes to it where the student has asked for it, or where there is none.
 */
export function FinishPanel({ classroom }: { classroom: Classroom }) {
  const { finish, progress } = classroom.state;
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    if (finish !== "closed") {
      opener.current = focused();
      if (finish === "asked" || opener.current === null) {
        heading.current?.focus();
      }
    }
  }, [finish]);
  const close = () => {
    classroom.showFinish(false);
    (opener.current?.isConnected ? opener.current : wayBack())?.focus();
  };
  const summary = finishSummary(Object.values(progress).map(({ state }) => state));
  return (
    <>
      <p class="sr-only" role="status" aria-label="Lesson">
        {finish === "arrived" && `Lesson finished. ${summary}`}
      </p>
      {finish !== "closed" && (
        <section
          class="finish"
          aria-labelledby="finish-title"
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              close();
            }
          }}
        >
          <button type="button" class="small quiet finish-close" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
          <FinishMark />
          <h2 id="finish-title" ref={heading} tabIndex={-1}>
            Lesson finished
          </h2>
          <p class="finish-lesson">{classroom.page.title}</p>
          <p class="finish-summary">{summary}</p>
          <Learnt skills={classroom.page.skills} />
          <LookBack classroom={classroom} />
          <ComesNext page={classroom.page} />
        </section>
      )}
    </>
  );
}

function FinishMark() {
  return (
    <svg class="finish-mark" viewBox="0 0 48 48" aria-hidden="true" fill="none">
      <circle cx="24" cy="24" r="21" pathLength={1} />
      <path d="m14.5 25 6.5 6.5L34 17.5" pathLength={1} />
    </svg>
  );
}

function Learnt({ skills }: { skills: readonly string[] }) {
  return skills.length === 0 ? null : (
    <div class="finish-part">
      <h3 id="finish-learnt">What you learnt</h3>
      <ul class="skills" aria-labelledby="finish-learnt">
        {skills.map((skill) => (
          <li key={skill} class="skill passed">
            <Icon name="check" />
            {skill}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The steps that were passed with help: perhaps the student tries them again. */
function LookBack({ classroom }: { classroom: Classroom }) {
  const helped = classroom.page.steps.filter(
    (step) => classroom.progress(step).state === "passed_with_help",
  );
  return helped.length === 0 ? null : (
    <div class="finish-part">
      <h3 id="finish-back">Look back at</h3>
      <ul class="finish-steps" aria-labelledby="finish-back">
        {helped.map((step) => (
          <li key={step.id}>
            <button type="button" class="link" onClick={() => goToStep(classroom, step)}>
              {titleOf(step)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The link decides when it is followed; what it says is how it was when the page was made. */
function ComesNext({ page }: { page: PageData }) {
  if (page.next === null) {
    return (
      <div class="finish-next">
        <p>You have finished everything here.</p>
        <a class="button primary" href={page.progress_url}>
          Your progress
        </a>
      </div>
    );
  }
  const { title, course } = page.next;
  return (
    <div class="finish-next">
      <p id="finish-next">
        <span class="faint">What comes next{course !== page.course && ` in ${course}`}</span>
        <strong>{title}</strong>
      </p>
      <a class="button primary" href={page.continue_url} aria-describedby="finish-next">
        Next lesson <Icon name="next" />
      </a>
    </div>
  );
}

/** A button that shows the panel again, in the part of the page that is shown. */
function wayBack(): HTMLElement | undefined {
  const all = document.querySelectorAll<HTMLElement>("button.continue, button.finished");
  return [...all].find((one) => one.getClientRects().length > 0);
}

/** Where the focus is; null if it is nowhere. */
function focused(): HTMLElement | null {
  const active = document.activeElement;
  return active instanceof HTMLElement && active !== document.body ? active : null;
}
