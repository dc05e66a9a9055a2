import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { LIMITS } from "../frames";
import { isSendKey } from "../keys";
import { codePoints } from "../sizes";
import { isAnswering } from "../state";
import { MESSAGE } from "../storage";
import { Icon } from "./Icon";

// From here on the composer counts along.
const COUNT_FROM = LIMITS.MAX_SAY_CHARS * 0.9;

/** Where the student writes to the tutor. While the tutor answers, there is Stop as well. */
export function Composer({ room, said }: { room: Classroom; said: () => void }) {
  const text = room.drawer.draft(MESSAGE);
  const field = useRef<HTMLTextAreaElement>(null);
  const [why, setWhy] = useState("");
  const { returned } = room.state;

  const change = (now: string) => room.draft(MESSAGE, now);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each message that comes back
  useEffect(() => {
    if (returned) {
      const written = field.current?.value;
      change(written ? `${returned.text}\n\n${written}` : returned.text);
      setWhy(returned.why);
      room.returnedShown();
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
    if (room.say(text)) {
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
        <Buttons room={room} empty={text.trim() === ""} />
      </div>
      <p class="composer-foot">
        <span class="faint wide">
          {isAnswering(room.state)
            ? "Say more if you like: the tutor hears it as soon as it can"
            : "Enter sends, Shift+Enter breaks the line"}
        </span>
        {count > 0 && (
          <span class={count > LIMITS.MAX_SAY_CHARS ? "count over" : "count"}>
            {count.toLocaleString("en")} / {LIMITS.MAX_SAY_CHARS.toLocaleString("en")}
          </span>
        )}
      </p>
    </form>
  );
}

function Buttons({ room, empty }: { room: Classroom; empty: boolean }) {
  const answering = isAnswering(room.state);
  return (
    <>
      {answering && <Stop room={room} />}
      {!(answering && empty) && (
        <button key="send" type="submit" class="primary" disabled={empty || !room.maySay}>
          <Icon name="send" /> Send
        </button>
      )}
    </>
  );
}

function Stop({ room }: { room: Classroom }) {
  const stopping = room.state.stopping === room.state.turn?.number;
  return (
    <button
      key="stop"
      type="button"
      aria-label="Stop"
      disabled={stopping || room.state.link.state !== "online"}
      onClick={(event) => {
        // The second half of a double click on Send is no wish to stop.
        if (event.detail < 2) {
          room.stopTutor();
        }
      }}
    >
      <Icon name="stop" /> <span class="label">{stopping ? "Stopping…" : "Stop"}</span>
    </button>
  );
}
