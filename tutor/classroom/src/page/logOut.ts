// The button “Log out”: what would be lost is said first.

import { enumerate } from "../base/words";

/** `unstored` says, in words for the student, what the server does not have; it may wait for it. */
export function enableLogOut(unstored: () => Promise<string[]>): void {
  const form = document.querySelector<HTMLFormElement>("form#log-out");
  let underWay = false;
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (underWay) {
      return;
    }
    underWay = true;
    const left = await unstored();
    if (left.length === 0 || (await confirmed(left))) {
      form.submit();
    }
    underWay = false;
  });
}

/** Asks; Escape answers no. */
function confirmed(left: string[]): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "log-out-title");
  dialog.setAttribute("aria-describedby", "log-out-text");
  const title = written("h2", "Log out all the same?");
  title.id = "log-out-title";
  title.className = "dialog-title";
  const text = written(
    "p",
    `Not stored yet: ${enumerate(left)}. Logging out removes it from this browser.`,
  );
  text.id = "log-out-text";
  const buttons = document.createElement("div");
  buttons.className = "dialog-buttons";
  const cancel = written("button", "Cancel");
  const yes = written("button", "Log out");
  yes.className = "primary";
  buttons.append(cancel, yes);
  dialog.append(title, text, buttons);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    cancel.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function written<K extends "h2" | "p" | "button">(tag: K, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
