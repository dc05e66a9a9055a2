// The languages of courses: Python is always there, the others are fetched where a course needs one.

import { python } from "@codemirror/lang-python";
import type { LanguageSupport } from "@codemirror/language";
import type { Language } from "../page/pageData";

const NAMES: Record<string, Language> = {
  python: "python",
  python3: "python",
  py: "python",
  javascript: "javascript",
  js: "javascript",
  mjs: "javascript",
  node: "javascript",
};

const loaded = new Map<Language, LanguageSupport>([["python", python()]]);

/** Makes a course's language known. Never rejects: without it there are no colours, no more. */
export async function loadLanguage(language: Language): Promise<void> {
  if (language === "javascript" && !loaded.has(language)) {
    try {
      const { javascript } = await import("@codemirror/lang-javascript");
      loaded.set(language, javascript());
    } catch {
      // The line may be down; programs can be written all the same.
    }
  }
}

/** The language of a fenced block or a file's ending, if it is known; else null. */
export function languageNamed(name: string): LanguageSupport | null {
  const language = NAMES[name.toLowerCase()];
  return (language && loaded.get(language)) ?? null;
}

/** The language of a file by its path; null for texts. */
export function languageOfFile(path: string): LanguageSupport | null {
  return languageNamed(/\.(\w+)$/.exec(path)?.[1] ?? "");
}
