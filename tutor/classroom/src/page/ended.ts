// A page whose user is gone: nothing of theirs is left on it.

/** Takes all of the page's content away and says why instead. */
export function showEnded(loggedOut: boolean, loginUrl: string): void {
  const title = loggedOut ? "You have logged out" : "Somebody else is logged in";
  const text = loggedOut
    ? "Nothing of your work is left in this browser."
    : "Somebody else has logged in in this browser. Nothing of what stood here is left.";
  document.title = title;
  document.body.className = "";
  document.querySelector("dialog")?.remove();
  for (const part of document.querySelectorAll(".site-place > *, .site-tools > :not(#theme)")) {
    part.remove();
  }
  const main = document.createElement("main");
  main.id = "main";
  main.className = "page";
  const card = document.createElement("div");
  card.className = "empty card";
  card.setAttribute("role", "alert");
  const way = document.createElement("a");
  way.className = "button";
  way.href = loggedOut ? loginUrl : "/";
  way.textContent = loggedOut ? "Log in" : "Your lessons";
  card.append(filled("h1", title), filled("p", text), filled("p", way));
  main.append(card);
  document.querySelector("#main")?.replaceWith(main);
}

function filled(tag: string, content: string | Node): HTMLElement {
  const made = document.createElement(tag);
  made.append(content);
  return made;
}
