import { expect, it } from "vitest";
import { toBlocks } from "../../src/text/markdownBlocks";

const html = (text: string) => toBlocks(text).join("");

it("renders what a tutor writes", () => {
  expect(html("Look at **this** and `that`.")).toBe(
    "<p>Look at <strong>this</strong> and <code>that</code>.</p>\n",
  );
});

it.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "[x](javascript:alert(1))",
  "[x](data:text/html;base64,PHNjcmlwdD4=)",
  "![x](https://example.org/steal?text=secret)",
  '```python" onclick="alert(1)\nx\n```',
  "<svg><style><img src=x onerror=alert(1)></style></svg>",
])("makes %s harmless", (text) => {
  const page = document.createElement("div");
  page.innerHTML = html(text);
  expect(page.querySelector("script, img, svg, style, iframe")).toBeNull();
  for (const element of page.querySelectorAll("*")) {
    expect(element.getAttributeNames().filter((name) => name.startsWith("on"))).toEqual([]);
    expect(element.getAttribute("href") ?? "https:").toMatch(/^https?:/);
  }
});

it("opens links elsewhere and tells the other site nothing", () => {
  const page = document.createElement("div");
  page.innerHTML = html("[docs](https://docs.python.org)");
  const link = page.querySelector("a");
  expect(link?.target).toBe("_blank");
  expect(link?.rel).toContain("noopener");
});

it("shows code as it is, with a button to copy it", () => {
  const page = document.createElement("div");
  page.innerHTML = html("```python\nif a < b & c:\n    print('<b>')\n```");
  expect(page.querySelector("pre")?.textContent).toBe("if a < b & c:\n    print('<b>')\n");
  expect(page.querySelector<HTMLButtonElement>("button.copy")?.type).toBe("button");
  expect(page.querySelector("pre")?.tabIndex).toBe(0);
});

it("shows a code block that is not closed yet", () => {
  expect(html("```python\nfor i in")).toContain("snippet");
});

it("counts on where a list does", () => {
  expect(html("3. third")).toContain('<ol start="3">');
});

it("keeps the earlier blocks of a text that grows", () => {
  const before = toBlocks("One.\n\n- a\n- b\n\nThr");
  const later = toBlocks("One.\n\n- a\n- b\n\nThree.\n\nFour.");
  expect(later.slice(0, 2)).toEqual(before.slice(0, 2));
  expect(later).toHaveLength(4);
});
