import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isSendKey } from "../base/keys";
import type { Classroom } from "../classroom/classroom";
import { Icon } from "../controls/Icon";
import { codePoints } from "../protocol/frameLimits";
import { LIMITS } from "../protocol/frames";
import { maySay } from "../state/permissions";
import { isAnswering } from "../state/selectors";
import { MESSAGE_DRAFT } from "../storage/localStore";
import { HintButton, HintRefusal } from "./HintButton";

// From here on the composer counts along.
const COUNT_FROM = LIMITS.MAX_SAY_CHARS * 0.9;

/** The field for messages to the tutor. While the tutor answers, there is Stop as well. */
export function Composer({ classroom, said }: { classroom: Classroom; said: () => void }) {
  const text = classroom.store.draft(MESSAGE_DRAFT);
  const field = useRef<HTMLTextAreaElement>(null);
  const [why, setWhy] = useState("");
  const { returned } = classroom.state;

  const change = (now: string) => classroom.saveDraft(MESSAGE_DRAFT, now);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each message that comes back
  useEffect(() => {
    if (returned) {
      const written = field.current?.value;
      change(written ? `${returned.text}\n\n${written}` : returned.text);
      setWhy(returned.why);
      classroom.clearReturned();
      field.current?.focus();
    }
  }, [returned]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    if (field.current) {
      field.current.style.height = "auto";
      field.current.style.height = `${field.current.scrollHeight + 2}px`;
    }
  }, [text]);

  const send = () => {
    // What is written by now, though it may not be drawn yet.
    if (classroom.say(classroom.store.draft(MESSAGE_DRAFT))) {
      change("");
      setWhy("");
      said();
    }
    field.current?.focus();
  };
  const count = text.length > COUNT_FROM ? codePoints(text) : 0;
  return (
    <form
      class="composer"
      aria-label="Write to the tutor"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {why && (
        <p class="notice bad" role="alert">
          {why}
        </p>
      )}
      <HintRefusal classroom={classroom} />
      <div class="composer-field">
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label="Message to the tutor"
          placeholder="Ask about this step"
          enterkeyhint="send"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (isSendKey(event)) {
              event.preventDefault();
              send();
            }
          }}
        />
        <Buttons classroom={classroom} empty={text.trim() === ""} />
      </div>
      <div class="composer-foot">
        <HintButton classroom={classroom} />
        <span class="faint wide">
          {isAnswering(classroom.state)
            ? "Say more if you like: the tutor hears it as soon as it can"
            : "Enter sends, Shift+Enter breaks the line"}
        </span>
        {count > 0 && (
          <span class={count > LIMITS.MAX_SAY_CHARS ? "count over" : "count"}>
            {count.toLocaleString("en")} / {LIMITS.MAX_SAY_CHARS.toLocaleString("en")}
          </span>
        )}
      </div>
    </form>
  );
}

function Buttons({ classroom, empty }: { classroom: Classroom; empty: boolean }) {
  const answering = isAnswering(classroom.state);
  return (
    <>
      {answering && <Stop classroom={classroom} />}
      {!(answering && empty) && (
        <button
          key="send"
          type="submit"
          class="primary"
          disabled={empty || !maySay(classroom.state)}
        >
          <Icon name="send" /> Send
        </button>
      )}
    </>
  );
}

function Stop({ classroom }: { classroom: Classroom }) {
  const stopping = classroom.state.stopping === classroom.state.turn?.number;
  return (
    <button
      key="stop"
      type="button"
      aria-label="Stop"
      disabled={stopping || classroom.state.connection.state !== "online"}
      onClick={(event) => {
        // The second half of a double click on Send is no wish to stop.
        if (event.detail < 2) {
          classroom.stopTutor();
        }
      }}
    >
      <Icon name="stop" /> <span class="label">{stopping ? "Stopping…" : "Stop"}</span>
    </button>
  );
}
