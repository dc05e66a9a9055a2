// What the server has written into the page.

export interface Page {
  /** Path and query of the WebSocket. */
  socket: string;
  title: string;
  starter: string;
  language: "python";
  lessons_url: string;
  login_url: string;
  /** Names this lesson of this student in the browser's storage. */
  storage_key: string;
}

export function readPage(): Page {
  return JSON.parse(element("page").textContent ?? "") as Page;
}

export function socketUrl(page: Page): string {
  const url = new URL(page.socket, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`The page has no element #${id}.`);
  }
  return found;
}
