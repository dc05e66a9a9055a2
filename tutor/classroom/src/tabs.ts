// The pages of one lesson in one browser: the name of this one, and which others are there.

import { newId } from "./ids";

// A page in the background answers as quickly; one that does not in this time is gone. To be wrong
// costs nothing: what a page has left is written again, and equal texts are one.
const ANSWER_WITHIN_MS = 250;

type Word = { type: "who" } | { type: "here"; page: string };

export class Tabs {
  /** No two pages have the same, not even one after the other: whoever has a name, has it alone. */
  readonly page = newId();
  /** The page in whose place this one is loaded, if it has left something for it. */
  readonly before: string | null;
  // Null where the browser has none.
  private readonly channel: BroadcastChannel | null;
  private heard = new Set<string>();

  constructor(private readonly key: string) {
    this.before = this.taken();
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(key);
    this.channel?.addEventListener("message", ({ data }: MessageEvent<Word>) => this.hear(data));
  }

  /** The names of the other pages that are open. */
  async others(): Promise<ReadonlySet<string>> {
    this.heard = new Set();
    this.channel?.postMessage({ type: "who" } satisfies Word);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN_MS));
    return this.heard;
  }

  /** The page goes, perhaps to be loaded again: then the next one goes on with what it has. */
  leave(): void {
    this.remember(this.page);
  }

  /** It is shown again as it was. */
  comeBack(): void {
    this.remember(null);
  }

  /** A tab that is duplicated takes the session's storage along, so the name is not left there. */
  private taken(): string | null {
    try {
      const page = sessionStorage.getItem(`${this.key}.page`);
      this.remember(null);
      return page;
    } catch {
      return null;
    }
  }

  private remember(page: string | null): void {
    try {
      if (page === null) {
        sessionStorage.removeItem(`${this.key}.page`);
      } else {
        sessionStorage.setItem(`${this.key}.page`, page);
      }
    } catch {
      // Then the next page takes over what this one has left, as any other.
    }
  }

  private hear(word: Word): void {
    if (word.type === "who") {
      this.channel?.postMessage({ type: "here", page: this.page } satisfies Word);
    } else {
      this.heard.add(word.page);
    }
  }
}
