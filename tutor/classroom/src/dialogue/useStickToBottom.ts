import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

// Nearer to the end than this counts as at the end.
const END_PX = 48;

/** Keeps a scrolling box at its end as it grows, until the reader scrolls up. `news`: it may have grown. */
export function useStickToBottom(news: unknown) {
  const box = useRef<HTMLDivElement>(null);
  const held = useRef(true);
  const [following, setFollowing] = useState(true);

  const toEnd = useCallback(() => {
    if (box.current && held.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, []);
  const follow = useCallback(() => {
    held.current = true;
    setFollowing(true);
    toEnd();
  }, [toEnd]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `news` is the occasion, not an input
  useLayoutEffect(toEnd, [news]);
  useEffect(() => {
    const element = box.current;
    if (!element) {
      return;
    }
    let top = element.scrollTop;
    const scrolled = () => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      // Also what grows, or a box that shrinks, brings the end out of sight; only going up lets go.
      const wentUp = element.scrollTop < top;
      held.current = left < END_PX || (held.current && !wentUp);
      top = element.scrollTop;
      setFollowing(held.current);
    };
    element.addEventListener("scroll", scrolled, { passive: true });
    // The box itself changes height with the composer and the window.
    const sizes = new ResizeObserver(toEnd);
    sizes.observe(element);
    return () => {
      element.removeEventListener("scroll", scrolled);
      sizes.disconnect();
    };
  }, [toEnd]);
  return { box, following, follow, stay: toEnd };
}
