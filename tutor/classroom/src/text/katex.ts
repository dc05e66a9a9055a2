// KaTeX with its style sheet, in a piece of the page of its own.

import katex from "katex";
import "katex/dist/katex.min.css";

/** Replaces what is in `element`, unless `tex` cannot be read: then it stays. */
export function render(tex: string, element: HTMLElement, displayMode: boolean): void {
  try {
    // As a string first: a mistake in the middle must not leave half a formula behind.
    const html = katex.renderToString(tex, { displayMode, throwOnError: true, strict: "ignore" });
    element.innerHTML = html;
  } catch {
    element.classList.add("math-unread");
  }
}
