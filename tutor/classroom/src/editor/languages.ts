// The languages that courses are written in. Another one is an entry of `LANGUAGES`, and no more.

import { python } from "@codemirror/lang-python";
import type { LanguageSupport } from "@codemirror/language";

export interface LanguageDefinition {
  /** As the server names it. */
  readonly id: string;
  /** In fenced blocks, and as the endings of files; in small letters. */
  readonly names: readonly string[];
  /** A function fetches it, so that a page of another language does without. */
  readonly support: LanguageSupport | (() => Promise<LanguageSupport>);
}

export const LANGUAGES: readonly LanguageDefinition[] = [
  { id: "python", names: ["python", "python3", "py"], support: python() },
  {
    id: "javascript",
    names: ["javascript", "js", "mjs", "node"],
    support: async () => (await import("@codemirror/lang-javascript")).javascript(),
  },
];

/** Languages by name, those that have been loaded. */
export class LanguageTable {
  // By id.
  private readonly loaded = new Map<string, LanguageSupport>();

  constructor(private readonly definitions: typeof LANGUAGES) {
    for (const { id, support } of definitions) {
      if (typeof support !== "function") {
        this.loaded.set(id, support);
      }
    }
  }

  /** Loads a language. Never rejects: without it there are no colours, no more. */
  async load(id: string): Promise<void> {
    const support = this.definitions.find((one) => one.id === id)?.support;
    if (typeof support === "function" && !this.loaded.has(id)) {
      try {
        this.loaded.set(id, await support());
      } catch {
        // The network may be down; programs can be written all the same.
      }
    }
  }

  async loadAll(): Promise<void> {
    await Promise.all(this.definitions.map(({ id }) => this.load(id)));
  }

  /** The language of a fenced block or a file's ending, if it is loaded; else null. */
  named(name: string): LanguageSupport | null {
    const found = this.definitions.find(({ names }) => names.includes(name.toLowerCase()));
    return (found && this.loaded.get(found.id)) ?? null;
  }

  /** The language of a file by its path; null for texts. */
  ofFile(path: string): LanguageSupport | null {
    return this.named(/\.(\w+)$/.exec(path)?.[1] ?? "");
  }
}

export const languages = new LanguageTable(LANGUAGES);
