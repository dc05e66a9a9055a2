// What survives a reload in this browser: drafts and what the server has not confirmed.

import type { Say } from "./frames";
import type { Work } from "./program";

/** The browser's memory for one lesson of one student. Never throws: it may be full or forbidden. */
export class Drawer {
  constructor(private readonly key: string) {}

  get draft(): string {
    return this.read("draft") ?? "";
  }

  set draft(text: string) {
    this.write("draft", text || null);
  }

  /** The program of a step, where the server does not have it; else null. */
  program(step: string): Work | null {
    const stored = this.parsed(`program.${step}`);
    return isWork(stored) ? stored : null;
  }

  keepProgram(step: string, work: Work | null): void {
    this.write(`program.${step}`, work && JSON.stringify(work));
  }

  /** A prediction that has not been made yet. */
  prediction(step: string): string {
    return this.read(`prediction.${step}`) ?? "";
  }

  keepPrediction(step: string, text: string): void {
    this.write(`prediction.${step}`, text || null);
  }

  get unsent(): Say[] {
    const stored = this.parsed("unsent");
    return Array.isArray(stored) ? stored.filter(isSay) : [];
  }

  set unsent(messages: Say[]) {
    this.write("unsent", messages.length > 0 ? JSON.stringify(messages) : null);
  }

  private parsed(name: string): unknown {
    try {
      return JSON.parse(this.read(name) ?? "null");
    } catch {
      return null;
    }
  }

  private read(name: string): string | null {
    try {
      return localStorage.getItem(`${this.key}.${name}`);
    } catch {
      return null;
    }
  }

  private write(name: string, value: string | null): void {
    try {
      if (value === null) {
        localStorage.removeItem(`${this.key}.${name}`);
      } else {
        localStorage.setItem(`${this.key}.${name}`, value);
      }
    } catch {
      // The page works without; only a reload would lose what was not sent.
    }
  }
}

function isSay(value: unknown): value is Say {
  const say = value as Partial<Say> | null;
  return (
    say?.type === "say" &&
    typeof say.id === "string" &&
    typeof say.text === "string" &&
    typeof say.code === "string"
  );
}

function isWork(value: unknown): value is Work {
  const work = value as Partial<Work> | null;
  return (
    typeof work?.code === "string" &&
    typeof work.files === "object" &&
    work.files !== null &&
    Object.values(work.files).every((text) => typeof text === "string")
  );
}
