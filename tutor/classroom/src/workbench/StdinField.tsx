import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isSendKey } from "../base/keys";
import type { Classroom } from "../classroom/classroom";

// A program that is quicker than this hardly waits for somebody to type.
export const SHOW_AFTER_MS = 400;

/** The field for a running program's input. */
export function StdinField({ classroom }: { classroom: Classroom }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return shown ? <Field classroom={classroom} /> : null;
}

function Field({ classroom }: { classroom: Classroom }) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const input = field.current;
    const output = input?.closest<HTMLElement>(".result-body");
    input?.scrollIntoView?.({ block: "nearest" });
    if (input && mayTakeFocus(document.activeElement, output)) {
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
    if (field.current && classroom.isOnline) {
      classroom.sendInput(field.current.value, ends);
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
        disabled={!classroom.isOnline}
        onClick={() => send(true)}
      >
        End of input
      </button>
    </div>
  );
}

/** May the focus be taken from here? Never from where the student writes. */
function mayTakeFocus(focused: Element | null, output: Element | null | undefined): boolean {
  return (
    focused === null ||
    focused === document.body ||
    focused.id === "run" ||
    Boolean(output?.parentElement?.contains(focused))
  );
}
