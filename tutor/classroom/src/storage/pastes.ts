// The largest paste into the program of each step. The browser keeps it for this tab, over a reload.

import { ownProperty } from "../base/records";

export class Pastes {
  // Characters, by step.
  private largest: Readonly<Record<string, number>>;
  private readonly name: string;

  /** `key` names the lesson of a student, as in LocalStore. */
  constructor(key: string, conversation: number) {
    this.name = `${key}.pastes.${conversation}`;
    this.largest = this.read();
  }

  /** Characters of the largest paste into the step's program; 0 if there was none. */
  of(step: string): number {
    return ownProperty(this.largest, step) ?? 0;
  }

  record(step: string, characters: number): void {
    if (characters > this.of(step)) {
      this.largest = { ...this.largest, [step]: characters };
      this.write(JSON.stringify(this.largest));
    }
  }

  /** Keeps nothing any more. */
  close(): void {
    this.largest = {};
    this.write(null);
  }

  private read(): Readonly<Record<string, number>> {
    try {
      const kept: unknown = JSON.parse(sessionStorage.getItem(this.name) ?? "{}");
      const pairs = Object.entries(kept ?? {}).filter(([, count]) => Number.isSafeInteger(count));
      return Object.fromEntries(pairs);
    } catch {
      return {};
    }
  }

  private write(text: string | null): void {
    try {
      if (text === null) {
        sessionStorage.removeItem(this.name);
      } else {
        sessionStorage.setItem(this.name, text);
      }
    } catch {
      // It is known until the page is loaded again.
    }
  }
}
