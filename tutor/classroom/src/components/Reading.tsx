import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { isSendKey } from "../keys";

// A program that is quicker than this hardly waits for somebody to type.
export const SHOWN_AFTER_MS = 400;

/** Where the student types what the running program reads. */
export function Reading({ room }: { room: Classroom }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return shown ? <Field room={room} /> : null;
}

function Field({ room }: { room: Classroom }) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const input = field.current;
    const output = input?.closest<HTMLElement>(".result-body");
    input?.scrollIntoView?.({ block: "nearest" });
    if (input && isFree(document.activeElement, output)) {
      input.focus({ preventScroll: true });
    }
    return () => {
      // The program is over: whoever reads on by keyboard stays where they are.
      if (input && document.activeElement === input) {
        output?.focus({ preventScroll: true });
      }
    };
  }, []);
  const send = (ends: boolean) => {
    if (field.current && room.isOnline) {
      room.type(field.current.value, ends);
      field.current.value = "";
    }
  };
  return (
    <div class="reading">
      <input
        ref={field}
        type="text"
        aria-label="Type an answer"
        placeholder="Type an answer, Enter sends"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="send"
        onKeyDown={(event) => {
          if (isSendKey(event) || (event.ctrlKey && event.key === "d")) {
            event.preventDefault();
            send(event.key === "d");
          }
        }}
      />
      <button
        type="button"
        class="small quiet"
        title="Tell the program that nothing more comes (Ctrl+D)"
        disabled={!room.isOnline}
        onClick={() => send(true)}
      >
        End of input
      </button>
    </div>
  );
}

/** May the focus be taken from here? Never from where the student writes. */
function isFree(focused: Element | null, output: Element | null | undefined): boolean {
  return (
    focused === null ||
    focused === document.body ||
    focused.id === "run" ||
    Boolean(output?.parentElement?.contains(focused))
  );
}
