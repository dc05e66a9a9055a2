// Steps whose program has just changed because somebody writes on another page of the student's.

import type { OpenPages } from "../storage/openPages";

/** Another tab of this browser, or another device; empty where a browser cannot tell. */
export type Elsewhere = "tab" | "device" | "";

// So long after the last change, a burst of changes is over.
const BURST_ENDS_AFTER_MS = 4_000;
// A tab says that it writes when it sends; the server's word comes after that.
const TAB_WROTE_WITHIN_MS = 4_000;

export class Following {
  // By step: where the burst that is on comes from, and when it ends.
  private readonly bursts = new Map<
    string,
    { from: Elsewhere; timer: ReturnType<typeof setTimeout> }
  >();

  /** `onChange` is called when a burst is over. */
  constructor(
    private readonly openPages: OpenPages,
    private readonly onChange: () => void,
  ) {}

  /** Where the shown program of a step is being changed from; null if it is not. */
  changedFrom(step: string): Elsewhere | null {
    return this.bursts.get(step)?.from ?? null;
  }

  /** The page has followed a change. */
  follow(step: string): void {
    clearTimeout(this.bursts.get(step)?.timer);
    const timer = setTimeout(() => this.end(step), BURST_ENDS_AFTER_MS);
    this.bursts.set(step, { from: this.writer(step), timer });
  }

  /** The student goes on here, or nobody writes any more. */
  end(step: string): void {
    clearTimeout(this.bursts.get(step)?.timer);
    if (this.bursts.delete(step)) {
      this.onChange();
    }
  }

  close(): void {
    for (const { timer } of this.bursts.values()) {
      clearTimeout(timer);
    }
    this.bursts.clear();
  }

  private writer(step: string): Elsewhere {
    const at = this.openPages.lastWritten(step);
    if (at !== null && performance.now() - at < TAB_WROTE_WITHIN_MS) {
      return "tab";
    }
    return this.openPages.hearsOthers ? "device" : "";
  }
}
