// A whole page in jsdom, with the test at the server's end of its socket.

import { EditorView } from "@codemirror/view";
import { render } from "preact";
import { act } from "preact/test-utils";
import { vi } from "vitest";
import { Classroom } from "../../src/classroom/classroom";
import { ConnectionBanner } from "../../src/controls/ConnectionBanner";
import { LessonView } from "../../src/lesson/LessonView";
import { Stepper } from "../../src/lesson/Stepper";
import { Task } from "../../src/lesson/Task";
import { element, type PageData } from "../../src/page/pageData";
import type { FromBrowser, ToBrowser } from "../../src/protocol/frames";
import { openStorage } from "../../src/storage/lessonStorage";

/** The server's end of the page's socket. */
class Server {
  static socket: Server;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  heard: FromBrowser[] = [];

  constructor() {
    Server.socket = this;
  }

  send(text: string): void {
    this.heard.push(JSON.parse(text));
  }

  close(): void {}
}

export let classroom: Classroom;

/** Opens the page, as the server has written it: the first step is shown. */
export async function open(page: PageData): Promise<void> {
  localStorage.clear();
  sessionStorage.clear();
  await load(page);
}

/** The page is reloaded, or closed and opened in another tab: only what the browser keeps is there. */
export async function reopen(page: PageData, { inTab = "the same" } = {}): Promise<void> {
  window.dispatchEvent(new Event("pagehide"));
  if (inTab !== "the same") {
    sessionStorage.clear();
  }
  await load(page);
}

async function load(page: PageData): Promise<void> {
  if (classroom) {
    unload();
  }
  vi.stubGlobal("WebSocket", Server);
  // jsdom lays nothing out; CodeMirror looks where its text is.
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
  // The pages of other tests would answer.
  vi.stubGlobal("BroadcastChannel", undefined);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  // Nothing comes near to what is seen.
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  const articles = page.steps.map(
    ({ id }, index) =>
      `<article data-step="${id}" id="step-${id}" ${index > 0 ? "hidden" : ""}>${id}</article>`,
  );
  document.body.innerHTML =
    `<section id="lesson"><div id="steps"></div>${articles.join("")}<div id="task"></div></section>` +
    '<div id="app"></div><div id="banner"></div>';
  const storage = await openStorage(page.storage_key, page.conversation);
  classroom = new Classroom(page, () => {}, storage);
  await act(draw);
  classroom.open();
}

/** For good: the next page is alone there, even if this one was about to connect. */
function unload(): void {
  // biome-ignore lint/complexity/useLiteralKeys: it is private
  classroom["socket"].close();
  // biome-ignore lint/complexity/useLiteralKeys: it is private
  classroom["stopListening"]();
}

export function leave(): void {
  window.dispatchEvent(new Event("pagehide"));
  unload();
  for (const id of ["steps", "task", "app", "banner"]) {
    render(null, element(id));
  }
  vi.unstubAllGlobals();
}

export function draw(): void {
  render(<Stepper classroom={classroom} />, element("steps"));
  render(<Task classroom={classroom} />, element("task"));
  render(<LessonView classroom={classroom} />, element("app"));
  const retry = () => classroom.reconnect();
  render(<ConnectionBanner classroom={classroom} retry={retry} />, element("banner"));
}

/** The server says something. */
export async function says(...frames: ToBrowser[]): Promise<void> {
  await act(() => {
    for (const frame of frames) {
      Server.socket.onmessage?.({ data: JSON.stringify(frame) });
    }
    draw();
  });
}

/** The server has stored what the page sent last, of a step: as a version, if it is not 0. */
export async function saves(step: string, revision: number, version = 0): Promise<void> {
  const frame = Server.socket.heard.findLast((one) => "code" in one && one.step === step);
  const id = frame && "id" in frame ? String(frame.id) : "";
  await says({ type: "saved", id, step, revision, version });
}

/** The line is lost, and found again without waiting. */
export async function connectionLost(): Promise<void> {
  await act(() => {
    Server.socket.onclose?.({ code: 1006 });
    draw();
  });
}

export async function connectionFound(): Promise<void> {
  await act(() => {
    classroom.reconnect();
    draw();
  });
}

/** What the page has sent of a type. */
export function heard<T extends FromBrowser["type"]>(type: T): Extract<FromBrowser, { type: T }>[] {
  return Server.socket.heard.filter(
    (frame): frame is Extract<FromBrowser, { type: T }> => frame.type === type,
  );
}

export const editor = () =>
  EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement) as EditorView;

/** Writes into the editor, before what is there. */
export async function types(text: string): Promise<void> {
  await act(() => {
    editor().dispatch({ changes: { from: 0, insert: text } });
    draw();
  });
}

export const button = (name: string) =>
  [...document.querySelectorAll("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent?.trim()) === name,
  );

export async function clicks(name: string): Promise<void> {
  const found = button(name);
  if (!found) {
    throw new Error(`There is no button “${name}”.`);
  }
  await act(() => {
    found.click();
    draw();
  });
}

export async function fills(field: Element | null, text: string): Promise<void> {
  await act(() => {
    (field as HTMLInputElement).value = text;
    field?.dispatchEvent(new InputEvent("input", { bubbles: true }));
    draw();
  });
}

export async function presses(field: Element | null, key: KeyboardEventInit): Promise<void> {
  await act(() => {
    field?.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key }));
    draw();
  });
}

/** The part of the page that has this name, if it is shown. */
export function region(name: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`section[aria-label="${name}"]:not([hidden])`);
}
