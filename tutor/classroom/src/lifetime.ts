// When the browser hides the page, lets it go, and shows it again.

export interface Life {
  /** The network is back, or the page is looked at again. */
  wakes(): void;
  /** It may be the last that is heard. */
  isHidden(): void;
  /** The page goes, perhaps to be loaded again, or to come back as it was. */
  goes(): void;
  comesBack(): void;
  /** False: the browser asks first. */
  mayGo(): boolean;
}

export function follow(life: Life): void {
  window.addEventListener("online", () => life.wakes());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      life.wakes();
    } else {
      life.isHidden();
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (!life.mayGo()) {
      event.preventDefault();
    }
  });
  // A page that is closed at once is never hidden first.
  window.addEventListener("pagehide", () => {
    life.isHidden();
    life.goes();
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      life.comesBack();
    }
  });
}
