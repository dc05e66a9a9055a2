// Formulas. The server leaves their TeX in elements of the class `math`; KaTeX, its style sheet and
// its fonts are fetched only where there is one.

/** Typesets what is not yet. TeX that cannot be read stays as it is. Never rejects. */
export async function typeset(root: ParentNode): Promise<void> {
  const found = [...root.querySelectorAll<HTMLElement>(".math:not([data-tex])")];
  if (found.length === 0) {
    return;
  }
  let render: typeof import("./katex").render;
  try {
    ({ render } = await import("./katex"));
  } catch {
    return; // the network may be down; the TeX can be read too
  }
  for (const element of found) {
    const tex = element.textContent ?? "";
    if (element.dataset.tex === undefined) {
      element.dataset.tex = tex;
      render(tex, element, element.classList.contains("block"));
    }
  }
}
