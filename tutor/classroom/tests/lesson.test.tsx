import { EditorView } from "@codemirror/view";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Classroom } from "../src/classroom";
import { Lesson } from "../src/components/Lesson";
import type { FromBrowser, ToBrowser } from "../src/frames";
import { hello, student, turn } from "./cast";

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

let room: Classroom;

const draw = () => render(<Lesson room={room} />, document.querySelector("#app") as Element);
const editor = () =>
  EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement) as EditorView;
const composer = () =>
  document.querySelector('textarea[aria-label="Message to the tutor"]') as HTMLTextAreaElement;
const heard = (type: FromBrowser["type"]) =>
  Server.socket.heard.filter((frame) => frame.type === type);
const button = (name: string) =>
  [...document.querySelectorAll("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent?.trim()) === name,
  );

async function says(...frames: ToBrowser[]): Promise<void> {
  await act(() => {
    for (const frame of frames) {
      Server.socket.onmessage?.({ data: JSON.stringify(frame) });
    }
    draw();
  });
}

async function writes(text: string): Promise<void> {
  await act(() => {
    composer().value = text;
    composer().dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
}

async function presses(key: KeyboardEventInit): Promise<void> {
  await act(() => {
    composer().dispatchEvent(
      new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key }),
    );
    draw();
  });
}

beforeEach(async () => {
  localStorage.clear();
  vi.stubGlobal("WebSocket", Server);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  document.body.innerHTML = '<section id="lesson"></section><div id="app"></div>';
  const page = {
    socket: "/ws/lessons/course/lesson?protocol=2",
    title: "Lesson",
    starter: "start = 1\n",
    language: "python",
    lessons_url: "/",
    login_url: "/login/",
    storage_key: "1:course/lesson",
  } as const;
  room = new Classroom(page, () => {});
  await act(draw);
  room.open();
});

afterEach(() => {
  render(null, document.querySelector("#app") as Element);
  vi.unstubAllGlobals();
});

it("loses no letter that is typed while the page is drawn", async () => {
  await says(hello({ code: "" }));
  await act(() => {
    editor().dispatch({ changes: { from: 0, insert: "a" } });
    draw();
    editor().dispatch({ changes: { from: 1, insert: "b" } });
  });
  expect(editor().state.doc.toString()).toBe("ab");
  expect(room.program.text).toBe("ab");
});

it("lets nobody type into a program that is not known yet", async () => {
  expect(editor().state.readOnly).toBe(true);
  await says(hello({ code: "mine = 1\n" }));
  expect(editor().state.readOnly).toBe(false);
  expect(editor().state.doc.toString()).toBe("mine = 1\n");
});

it("sends with Enter, and not with the Enter that ends a composition", async () => {
  await says(hello({ code: "x = 1" }));
  await writes("なぜ?");
  await presses({ key: "Enter", isComposing: true });
  await presses({ key: "Enter", shiftKey: true });
  expect(heard("say")).toEqual([]);
  await presses({ key: "Enter" });
  expect(heard("say")).toMatchObject([{ text: "なぜ?", code: "x = 1" }]);
  expect(composer().value).toBe("");
});

it("sends again what nobody accepted, under the same id, and only that", async () => {
  await says(hello());
  await writes("Why?");
  await presses({ key: "Enter" });
  const [first] = heard("say");
  await says(hello());
  expect(heard("say")).toEqual([first, first]);
  const id = first?.type === "say" ? first.id : "";
  await says(hello({ items: [student(1, 1, "Why?", id)] }));
  expect(heard("say")).toHaveLength(2);
});

it("puts a refused message back before what was written since", async () => {
  await says(hello());
  await writes("First.");
  await presses({ key: "Enter" });
  await writes("Second.");
  const [say] = heard("say");
  const id = say?.type === "say" ? say.id : "";
  await says({ type: "refused", id, code: "busy", message: "Later, please." });
  expect(composer().value).toBe("First.\n\nSecond.");
  expect(document.querySelector('[role="alert"]')?.textContent).toBe("Later, please.");
});

it("offers Stop while the tutor answers, and Send to who has more to say", async () => {
  await says(hello(), turn(1, "thinking"));
  expect(button("Send")).toBeUndefined();
  await writes("Wait!");
  await act(draw);
  await act(() => button("Send")?.click());
  expect(heard("say")).toHaveLength(1);
  const { id } = heard("say")[0] as { id: string };
  await says({ type: "accepted", id, item: null });
  expect(document.body.textContent).toContain("The tutor hears this next");
  await act(() => {
    button("Stop")?.click();
    draw();
  });
  expect(heard("stop")).toHaveLength(1);
  expect(button("Stop")?.disabled).toBe(true);
  await says(turn(1, "stopped"));
  expect(button("Send")).toBeDefined();
});

it("offers to try again after a turn that failed", async () => {
  await says(hello(), turn(1, "failed", "The tutor could not be reached."));
  expect(document.body.textContent).toContain("The tutor could not be reached.");
  await act(() => button("Try again")?.click());
  expect(heard("again")).toHaveLength(1);
  await says(turn(1, "thinking"));
  expect(button("Try again")).toBeUndefined();
});

it("keeps in the browser what the server has not confirmed", async () => {
  await says(hello({ code: "" }));
  await act(() => editor().dispatch({ changes: { from: 0, insert: "kept = 1" } }));
  expect(room.drawer.program).toBe("kept = 1");
  await says(hello({ code: "" }), { type: "saved" });
  expect(heard("edit")).toEqual([{ type: "edit", code: "kept = 1" }]);
  expect(room.drawer.program).toBeNull();
});

it("tells a screen reader that an answer begins and ends, and nothing of an old one", async () => {
  const words = () => document.querySelector('[aria-label="Announcements"]')?.textContent;
  await says(hello({ turn: turn(1, "done") }));
  expect(words()).toBe("");
  await says(turn(2, "thinking"));
  expect(words()).toBe("Tutor is answering");
  await says(turn(2, "done"));
  expect(words()).toBe("Answer complete");
});
