import { isSendKey } from "../base/keys";
import type { Classroom } from "../classroom/classroom";
import { codePoints } from "../protocol/frameLimits";
import { LIMITS, type PredictionView } from "../protocol/frames";
import { answerFieldId } from "../state/predictionLabels";
import { answerDraft } from "../storage/localStore";

// From here on the form counts along.
const COUNT_FROM = LIMITS.MAX_ANSWER_CHARS * 0.4;
const LINES = 4;

/** The field for an answer; one line for a call, several for what a program prints. */
export function PredictionForm({
  classroom,
  prediction,
}: {
  classroom: Classroom;
  prediction: PredictionView;
}) {
  const { number, call } = prediction;
  const { moves, state } = classroom;
  const text = moves.draft(prediction);
  const why = state.answerErrors[number];
  const id = answerFieldId(number);
  // What is written by now, though it may not be drawn yet.
  const answer = () => moves.answer(prediction, moves.draft(prediction));
  const field = {
    id,
    value: text,
    spellcheck: false,
    autocapitalize: "off",
    autocomplete: "off",
    enterkeyhint: "send",
    "aria-describedby": why ? `${id}-why` : undefined,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      classroom.saveDraft(answerDraft(number), currentTarget.value),
    onKeyDown: (event: KeyboardEvent) => {
      if (isSendKey(event)) {
        event.preventDefault();
        answer();
      }
    },
  } as const;
  return (
    <form
      class="prediction-form"
      onSubmit={(event) => {
        event.preventDefault();
        answer();
      }}
    >
      <label for={id}>{call ? "It gives" : "It prints"}</label>
      {call ? <input type="text" {...field} /> : <textarea rows={LINES} {...field} />}
      {why && (
        <p class="notice bad" role="alert" id={`${id}-why`}>
          {why}
        </p>
      )}
      <div class="prediction-buttons">
        <button type="submit" class="small primary" disabled={text.trim() === ""}>
          Answer
        </button>
        <button type="button" class="small" onClick={() => moves.answer(prediction, null)}>
          I don't know
        </button>
        <Count length={text.length > COUNT_FROM ? codePoints(text) : 0} />
      </div>
      {!call && <p class="faint wide">Enter answers, Shift+Enter breaks the line</p>}
    </form>
  );
}

/** How much of what can be sent is used; nothing while there is plenty left. */
function Count({ length }: { length: number }) {
  return length > 0 ? (
    <span class={length > LIMITS.MAX_ANSWER_CHARS ? "count over" : "count"}>
      {length.toLocaleString("en")} / {LIMITS.MAX_ANSWER_CHARS.toLocaleString("en")}
    </span>
  ) : null;
}
