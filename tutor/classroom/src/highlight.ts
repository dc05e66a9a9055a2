// Python in colour, outside the editor. The colours are classes, so both themes share one markup.

import { pythonLanguage } from "@codemirror/lang-python";
import { classHighlighter, highlightCode } from "@lezer/highlight";

/** `code` as HTML, everything escaped. */
export function pythonToHtml(code: string): string {
  let html = "";
  highlightCode(
    code,
    pythonLanguage.parser.parse(code),
    classHighlighter,
    (text, classes) => {
      html += classes ? `<span class="${classes}">${escapeHtml(text)}</span>` : escapeHtml(text);
    },
    () => {
      html += "\n";
    },
  );
  return html;
}

export function isPython(language: string): boolean {
  return ["python", "python3", "py"].includes(language.toLowerCase());
}

/** Colours the Python that the server has rendered into the page. */
export function highlightPage(root: ParentNode): void {
  for (const code of root.querySelectorAll<HTMLElement>("pre > code.language-python")) {
    code.innerHTML = pythonToHtml(code.textContent ?? "");
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
