import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Place {
  item: string;
  /** Of the item's top edge, below that of the box. */
  top: number;
}

/** Keeps what is read in a scrolling box where it is, when items come or go before it: `first` is another one. */
export function useKeptPlace(box: RefObject<HTMLElement | null>, first: unknown): void {
  const known = useRef(first);
  const place = useRef<Place | null>(null);
  if (known.current !== first) {
    // While this is drawn, the document still has what was drawn before.
    place.current = box.current && firstInSight(box.current);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is another first one
  useLayoutEffect(() => {
    known.current = first;
    const item = place.current && box.current?.querySelector(`[data-item="${place.current.item}"]`);
    const now = item?.firstElementChild;
    if (box.current && place.current && now) {
      box.current.scrollTop += topIn(box.current, now) - place.current.top;
    }
    place.current = null;
  }, [first]);
}

function firstInSight(box: HTMLElement): Place | null {
  const edge = box.getBoundingClientRect().top;
  for (const item of box.querySelectorAll<HTMLElement>("[data-item]")) {
    const drawn = item.firstElementChild;
    if (drawn && drawn.getBoundingClientRect().bottom > edge) {
      return { item: item.dataset.item ?? "", top: topIn(box, drawn) };
    }
  }
  return null;
}

function topIn(box: HTMLElement, element: Element): number {
  return element.getBoundingClientRect().top - box.getBoundingClientRect().top;
}
