// The pages of one lesson in one browser: the name of this one, and which others are there.

import { newId } from "../base/ids";
import { deviceName } from "./device";

// A page in the background answers as quickly; one that does not in this time is gone. To be wrong
// costs nothing: what a page has left is written again, and equal copies are one.
const ANSWER_WITHIN_MS = 250;

// As many loads of a tab are told from other tabs in the history.
const MOST_NAMES = 50;

type ChannelMessage =
  | { type: "who" }
  | { type: "here"; page: string }
  | { type: "wrote"; step: string };

export class OpenPages {
  /** No two pages have the same, not even one after the other: whoever has a name, has it alone. */
  readonly name = newId();
  /** The name of this browser. */
  readonly device = deviceName();
  /** The page in whose place this one is loaded, if it has left something for it. */
  readonly predecessor: string | null;
  /** The names that this tab has had before, the last one first. */
  readonly earlier: readonly string[];
  // Null where the browser has none.
  private readonly channel: BroadcastChannel | null;
  private answered = new Set<string>();
  // By step: when another page has sent something of it (performance.now()).
  private readonly written = new Map<string, number>();
  private isClosed = false;

  constructor(private readonly key: string) {
    this.earlier = this.takeNames();
    this.predecessor = this.earlier[0] ?? null;
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(key);
    this.channel?.addEventListener("message", ({ data }: MessageEvent<ChannelMessage>) =>
      this.receive(data),
    );
  }

  /** The names of the other pages that are open. */
  async others(): Promise<ReadonlySet<string>> {
    this.answered = new Set();
    this.channel?.postMessage({ type: "who" } satisfies ChannelMessage);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN_MS));
    return this.answered;
  }

  /** False: nobody can tell what other pages of the browser do. */
  get hearsOthers(): boolean {
    return this.channel !== null;
  }

  /** This page sends something that was written in a step. */
  tellWritten(step: string): void {
    this.channel?.postMessage({ type: "wrote", step } satisfies ChannelMessage);
  }

  /** When another page of the browser has last done so (performance.now()); null if never. */
  lastWritten(step: string): number | null {
    return this.written.get(step) ?? null;
  }

  /** The page goes, perhaps to be loaded again: then the next one goes on with what it has. */
  onLeave(): void {
    this.setSuccession(this.isClosed ? [] : [this.name, ...this.earlier].slice(0, MOST_NAMES));
  }

  /** The page goes before it has taken anything over: the next one is to. */
  passOn(): void {
    this.setSuccession(this.earlier);
  }

  /** It is shown again as it was. */
  onReturn(): void {
    this.setSuccession([]);
  }

  /** Nobody is to take anything over from this page, nor to hear of it. */
  close(): void {
    this.isClosed = true;
    this.setSuccession([]);
    this.channel?.close();
  }

  /** A tab that is duplicated takes the session's storage along, so the name is not left there. */
  private takeNames(): string[] {
    try {
      const names = sessionStorage.getItem(`${this.key}.page`)?.split(" ") ?? [];
      this.setSuccession([]);
      return names;
    } catch {
      return [];
    }
  }

  private setSuccession(names: readonly string[]): void {
    try {
      if (names.length === 0) {
        sessionStorage.removeItem(`${this.key}.page`);
      } else {
        sessionStorage.setItem(`${this.key}.page`, names.join(" "));
      }
    } catch {
      // Then the next page takes over what this one has left, as any other.
    }
  }

  private receive(word: ChannelMessage): void {
    if (word.type === "who") {
      this.channel?.postMessage({ type: "here", page: this.name } satisfies ChannelMessage);
    } else if (word.type === "here") {
      this.answered.add(word.page);
    } else {
      this.written.set(word.step, performance.now());
    }
  }
}
