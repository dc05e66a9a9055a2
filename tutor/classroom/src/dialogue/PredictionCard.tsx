import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { Icon } from "../controls/Icon";
import type { PredictionItem, PredictionView } from "../protocol/frames";
import { VERDICTS } from "../state/predictionLabels";
import { Markdown } from "../text/Markdown";
import { SENT_LATER } from "./DialogueItem";
import { PredictionForm } from "./PredictionForm";

/** A prediction that the tutor asks for, and what came of it. `isNew`: it was asked just now. */
export function PredictionCard({
  classroom,
  item,
  isNew,
}: {
  classroom: Classroom;
  item: PredictionItem;
  isNew: boolean;
}) {
  const { prediction } = item;
  const { number, question, state } = prediction;
  const sent = classroom.state.answers.find((one) => one.prediction === number);
  const isOpen = state === "open" && !sent;
  const outdated = classroom.moves.isOutdated(item);
  const card = useRef<HTMLElement>(null);
  const hadFocus = useRef(false);
  const focusField = () =>
    card.current?.querySelector<HTMLElement>("input, textarea")?.focus({ preventScroll: true });
  // The field goes with its answer: whoever was in it, reads on here; and writes on where it comes back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once it goes or comes
  useLayoutEffect(() => {
    if (isOpen && document.activeElement === card.current) {
      focusField();
    } else if (!isOpen && hadFocus.current) {
      card.current?.focus();
      hadFocus.current = false;
    }
  }, [isOpen]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is asked
  useEffect(() => {
    if (isNew && isOpen && isIdle(document.activeElement)) {
      focusField();
    }
  }, []);
  return (
    <article
      ref={card}
      class={`move prediction ${isOpen ? "open" : ""} ${outdated ? "outdated" : ""}`}
      aria-label="Prediction"
      tabIndex={-1}
      onFocusIn={() => {
        hadFocus.current = isOpen;
      }}
      onFocusOut={({ relatedTarget }) => {
        hadFocus.current = isOpen && relatedTarget === null && document.hasFocus();
      }}
    >
      <h3 class="move-title">{isOpen ? "What do you expect?" : "Your prediction"}</h3>
      <Markdown text={question} />
      <Asked prediction={prediction} />
      {outdated && <Outdated isOpen={isOpen} />}
      {isOpen ? (
        <PredictionForm classroom={classroom} prediction={prediction} />
      ) : (
        <Comparison
          prediction={
            sent && state === "open" ? { ...prediction, said: sent.text ?? "" } : prediction
          }
          offline={!classroom.isOnline}
        />
      )}
    </article>
  );
}

/** The call, or that it is all of the program. */
function Asked({ prediction: { call } }: { prediction: PredictionView }) {
  return call ? (
    <pre class="asked">
      <code>{call}</code>
    </pre>
  ) : (
    <p class="asked">What your program prints</p>
  );
}

function Outdated({ isOpen }: { isOpen: boolean }) {
  return (
    <p class="faint">
      Your program has changed since.
      {isOpen && " The question is about the program as it was."}
    </p>
  );
}

/** What the student said beside what it gave, as far as both are known. */
function Comparison({ prediction, offline }: { prediction: PredictionView; offline: boolean }) {
  const { state, call, said, gave, message } = prediction;
  const isOver = state !== "open" && state !== "comparing";
  const { words, icon } = VERDICTS[state];
  return (
    <>
      <div class="said-and-gave">
        <Output title="You said" text={said} none="I don't know" />
        {isOver && state !== "not_run" && (
          <Output title={call ? "It gave" : "It printed"} text={gave} none="Nothing" />
        )}
      </div>
      <p class={`verdict ${state === "right" ? "good" : ""}`}>
        {icon && <Icon name={icon} />}
        {state === "open" && offline ? SENT_LATER : words}
        {!isOver && <span class="dots" aria-hidden="true" />}
      </p>
      {message && <p class="why">{message}</p>}
    </>
  );
}

function Output({ title, text, none }: { title: string; text: string; none: string }) {
  return (
    <div>
      <h4>{title}</h4>
      {text ? (
        <pre>
          <code>{text}</code>
        </pre>
      ) : (
        <p class="faint">{none}</p>
      )}
    </div>
  );
}

/** Is nobody writing there? Then the focus may go to the question. */
function isIdle(active: Element | null): boolean {
  const field = active instanceof HTMLTextAreaElement || active instanceof HTMLInputElement;
  return (
    active === null ||
    active === document.body ||
    (field && active.value === "" && active.closest("#tutor") !== null)
  );
}
