import { expect, it } from "vitest";
import { typeset } from "../../src/text/maths";

function page(html: string): HTMLElement {
  const root = document.createElement("div");
  root.innerHTML = html;
  return root;
}

it("typesets formulas in the line and on lines of their own, readable aloud", async () => {
  const root = page(
    'An <span class="math inline">a^2</span><div class="math block">\\frac{1}{2}</div>',
  );
  await typeset(root);
  expect(root.querySelector("span.math .katex math")).not.toBeNull();
  expect(root.querySelector("div.math .katex-display")).not.toBeNull();
});

it("leaves TeX that cannot be read as it is, and goes on", async () => {
  const root = page('<span class="math inline">\\frac{1</span><span class="math inline">b</span>');
  await typeset(root);
  expect(root.querySelector(".math")?.textContent).toBe("\\frac{1");
  expect(root.querySelectorAll(".katex")).toHaveLength(1);
});

it("follows no link and runs nothing that a formula asks for", async () => {
  const root = page('<span class="math inline">\\href{javascript:alert(1)}{x}</span>');
  await typeset(root);
  expect(root.querySelector("a, script")).toBeNull();
});

it("typesets each formula once", async () => {
  const root = page('<span class="math inline">a</span>');
  await Promise.all([typeset(root), typeset(root)]);
  await typeset(root);
  // What KaTeX was given: not what it has made of it before.
  expect(root.querySelector("annotation")?.textContent).toBe("a");
});
