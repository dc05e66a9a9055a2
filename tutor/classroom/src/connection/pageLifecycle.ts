// The page's life in the browser: hidden, left, shown again.

export interface LifecycleHandlers {
  /** The network is back, or the page is looked at again. */
  onWake(): void;
  /** It may be the last that is heard. */
  onHide(): void;
  /** The page goes, perhaps to be loaded again, or to come back as it was. */
  onLeave(): void;
  onReturn(): void;
  /** False: the browser asks first. */
  mayLeave(): boolean;
}

/** What is returned ends it. */
export function listenToLifecycle(life: LifecycleHandlers): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  window.addEventListener("online", () => life.onWake(), { signal });
  const visibilityChanged = () => {
    if (document.visibilityState === "visible") {
      life.onWake();
    } else {
      life.onHide();
    }
  };
  document.addEventListener("visibilitychange", visibilityChanged, { signal });
  // Frozen in the background, it may be discarded without another word.
  document.addEventListener("freeze", () => life.onHide(), { signal });
  const leaving = (event: Event) => {
    if (!life.mayLeave()) {
      event.preventDefault();
    }
  };
  window.addEventListener("beforeunload", leaving, { signal });
  // A page that is closed at once is never hidden first.
  const hidden = () => {
    life.onHide();
    life.onLeave();
  };
  window.addEventListener("pagehide", hidden, { signal });
  const returned = ({ persisted }: PageTransitionEvent) => {
    if (persisted) {
      life.onReturn();
    }
  };
  window.addEventListener("pageshow", returned, { signal });
  return () => listening.abort();
}
