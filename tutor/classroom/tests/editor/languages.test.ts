import { LanguageSupport, StreamLanguage, type StringStream } from "@codemirror/language";
import { expect, it } from "vitest";
import { codeToHtml } from "../../src/editor/highlight";
import { LANGUAGES, LanguageTable, languages } from "../../src/editor/languages";

it("knows Python from the beginning and JavaScript when a course needs it", async () => {
  expect(languages.named("py")).not.toBeNull();
  expect(languages.named("js")).toBeNull();
  await languages.load("javascript");
  expect(languages.named("js")).not.toBeNull();
  expect(codeToHtml("const x = 1;", "javascript")).toContain('<span class="tok-keyword">const');
});

it("tells the language of a file by its ending", async () => {
  await languages.loadAll();
  expect(languages.ofFile("main.py")).toBe(languages.named("python"));
  expect(languages.ofFile("lib/main.js")).toBe(languages.named("javascript"));
  expect(languages.ofFile("names.txt")).toBeNull();
});

it("takes another language as one entry", async () => {
  // Its only word is `go`.
  const token = (stream: StringStream) => {
    const isWord = stream.match(/go\b/);
    if (!isWord) {
      stream.next();
    }
    return isWord ? "keyword" : null;
  };
  const toy = {
    id: "toy",
    names: ["toy", "ty"],
    support: async () => new LanguageSupport(StreamLanguage.define({ token })),
  };
  const table = new LanguageTable([...LANGUAGES, toy]);
  expect(table.ofFile("main.ty")).toBeNull();
  expect(codeToHtml("go 1", "toy", table)).toBe("go 1");
  await table.load("toy");
  expect(table.ofFile("main.ty")).toBe(table.named("TOY"));
  expect(codeToHtml("go 1", "toy", table)).toBe('<span class="tok-keyword">go</span> 1');
});

it("does without the colours of a language that cannot be fetched", async () => {
  const lost = { id: "lost", names: ["lost"], support: () => Promise.reject() };
  const table = new LanguageTable([...LANGUAGES, lost]);
  await table.load("lost");
  expect(table.named("lost")).toBeNull();
});
