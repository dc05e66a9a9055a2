import { expect, it } from "vitest";
import { codeToHtml, highlightPage } from "../../src/editor/highlight";

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
