// The Copy buttons of code blocks. They are part of rendered Markdown, so the page listens for all.

const SHOWN_MS = 1_500;

export function enableCopyButtons(root: HTMLElement): void {
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button.copy") : null;
    const code = button?.parentElement?.querySelector("pre")?.textContent;
    if (button && code !== null && code !== undefined) {
      void copyText(code).then((done) => {
        button.textContent = done ? "Copied" : "Press Ctrl+C";
        setTimeout(() => {
          button.textContent = "Copy";
        }, SHOWN_MS);
      });
    }
  });
}

/** The clipboard needs HTTPS or localhost and may be forbidden. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
