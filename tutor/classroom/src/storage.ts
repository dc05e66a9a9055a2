// What survives a reload in this browser: drafts and what the server has not confirmed.

import type { Say } from "./frames";

/** The browser's memory for one lesson of one student. Never throws: it may be full or forbidden. */
export class Drawer {
  constructor(private readonly key: string) {}

  get draft(): string {
    return this.read("draft") ?? "";
  }

  set draft(text: string) {
    this.write("draft", text || null);
  }

  /** The program, where the server does not have it; else null. */
  get program(): string | null {
    return this.read("program");
  }

  set program(text: string | null) {
    this.write("program", text);
  }

  get unsent(): Say[] {
    try {
      const stored: unknown = JSON.parse(this.read("unsent") ?? "[]");
      return Array.isArray(stored) ? stored.filter(isSay) : [];
    } catch {
      return [];
    }
  }

  set unsent(messages: Say[]) {
    this.write("unsent", messages.length > 0 ? JSON.stringify(messages) : null);
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
