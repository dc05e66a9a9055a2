import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

// It is pressed by itself when it comes so near to what is seen.
const NEAR = "300px 0px";

/**
 * Brings more of the dialogue: whoever scrolls near it need not press it. `news` changes once it has
 * brought something, and it may be near still. While `busy` it brings nothing.
 */
export function MoreButton({
  box,
  words,
  busy,
  news,
  more,
}: {
  box: RefObject<HTMLElement | null>;
  words: string;
  busy: boolean;
  news: unknown;
  more: () => void;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const act = useRef(more);
  act.current = more;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `news` is the occasion to look again
  useEffect(() => {
    if (!button.current || busy) {
      return;
    }
    const near = new IntersectionObserver(
      (seen) => {
        if (seen.at(-1)?.isIntersecting) {
          act.current();
        }
      },
      { root: box.current, rootMargin: NEAR },
    );
    near.observe(button.current);
    return () => near.disconnect();
  }, [busy, news]);
  // Who has pressed the last one reads on in the box.
  useEffect(() => {
    const pressed = button.current;
    const scrolled = box.current;
    let hasFocus = false;
    const note = () => {
      hasFocus = document.activeElement === pressed;
    };
    pressed?.addEventListener("click", note);
    return () => {
      pressed?.removeEventListener("click", note);
      if (hasFocus && document.activeElement === document.body) {
        scrolled?.focus({ preventScroll: true });
      }
    };
  }, [box]);
  const press = () => {
    if (!busy) {
      // What comes is put next to it: there the reader goes on, wherever they were.
      button.current?.scrollIntoView({ block: "nearest" });
      more();
    }
  };
  return (
    <button ref={button} type="button" class="small more" aria-disabled={busy} onClick={press}>
      {busy ? "Loading…" : words}
    </button>
  );
}
