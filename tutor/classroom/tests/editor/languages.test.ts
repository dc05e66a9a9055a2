import { expect, it } from "vitest";
import { codeToHtml, highlightPage } from "../../src/editor/highlight";
import { languageNamed, languageOfFile, loadLanguage } from "../../src/editor/languages";

it("knows Python from the beginning and JavaScript when a course needs it", async () => {
  expect(languageNamed("py")).not.toBeNull();
  expect(languageNamed("js")).toBeNull();
  await loadLanguage("javascript");
  expect(languageNamed("js")).not.toBeNull();
  expect(codeToHtml("const x = 1;", "javascript")).toContain('<span class="tok-keyword">const');
});

it("tells the language of a file by its ending", async () => {
  await loadLanguage("javascript");
  expect(languageOfFile("main.py")).toBe(languageNamed("python"));
  expect(languageOfFile("lib/main.js")).toBe(languageNamed("javascript"));
  expect(languageOfFile("names.txt")).toBeNull();
});

it("shows what it does not know as it is, and nothing as HTML", () => {
  expect(codeToHtml("<b> & 1", "cobol")).toBe("&lt;b&gt; &amp; 1");
  expect(codeToHtml("<b>", "python")).not.toContain("<b>");
});

it("colours the programs in a page that the server has rendered", () => {
  const root = document.createElement("div");
  root.innerHTML =
    '<pre><code class="language-python">if a &lt; b: pass\n</code></pre><pre><code>if</code></pre>';
  highlightPage(root);
  expect(root.querySelectorAll(".tok-keyword")).toHaveLength(2);
  expect(root.querySelector("code")?.textContent).toBe("if a < b: pass\n");
});
