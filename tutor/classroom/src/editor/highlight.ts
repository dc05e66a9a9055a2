// Programs in colour, outside the editor. The colours are classes, so both themes share one markup.

import { classHighlighter, highlightCode } from "@lezer/highlight";
import { languages } from "./languages";

/** `code` as HTML, everything escaped; in colour if the language is known. */
export function codeToHtml(code: string, language: string, table = languages): string {
  const support = table.named(language);
  if (!support) {
    return escapeHtml(code);
  }
  let html = "";
  highlightCode(
    code,
    support.language.parser.parse(code),
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

/** Colours the programs that the server has rendered into the page. */
export function highlightPage(root: ParentNode): void {
  for (const code of root.querySelectorAll<HTMLElement>('pre > code[class^="language-"]')) {
    code.innerHTML = codeToHtml(code.textContent ?? "", code.className.slice("language-".length));
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
