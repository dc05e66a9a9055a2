import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * Keeps an element as high as it was while `keeps`, though what is in it gets shorter: nothing that
 * is read jumps. `news`: its height may have changed.
 */
export function useKeptRoom(keeps: boolean, news: unknown) {
  const element = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `news` is the occasion, not an input
  useLayoutEffect(() => {
    if (!element.current) {
      return;
    }
    // Before anybody asks how high it is: the browser would move what it scrolls.
    element.current.style.minHeight = keeps ? `${height.current}px` : "";
    if (!keeps) {
      height.current = element.current.offsetHeight;
    }
  }, [keeps, news]);
  return element;
}
