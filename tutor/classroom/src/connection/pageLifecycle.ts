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

export function listenToLifecycle(life: LifecycleHandlers): void {
  window.addEventListener("online", () => life.onWake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      life.onWake();
    } else {
      life.onHide();
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (!life.mayLeave()) {
      event.preventDefault();
    }
  });
  // A page that is closed at once is never hidden first.
  window.addEventListener("pagehide", () => {
    life.onHide();
    life.onLeave();
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      life.onReturn();
    }
  });
}
