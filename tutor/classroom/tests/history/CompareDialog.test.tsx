import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "../../src/history/dialogs";
import type { Hello, VersionView } from "../../src/protocol/frames";
import { hello, page, step, view } from "../support/builders";
import {
  button,
  classroom,
  clicks,
  connectionLost,
  draw,
  editor,
  heard,
  leave,
  open,
  saves,
  says,
  types,
} from "../support/classroom";

const files = [{ path: "names.txt", text: "", editable: true }];
const lesson = page(step("one", { files }));
const source = (code: string, names: string) => ({ code, files: { "names.txt": names } });
const { showModal, close } = HTMLDialogElement.prototype;

const greets = (revision: number, code: string, names: string): Hello =>
  hello({ steps: [view("one", { revision, ...source(code, names) })] });

const kept = (id: number, code: string, names: string): VersionView => ({
  id,
  written_at: new Date().toISOString(),
  ...source(code, names),
  page: "",
  device: "",
  cause: "",
});

const dialog = () => document.querySelector("dialog.large");
const shown = () => editor().state.doc.toString();

async function loaded(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await act(async () => {
      await new Promise((resolve) => setTimeout(resolve));
      draw();
    });
  }
}

/** Both have changed the first line; there, also the last one and the file. */
beforeEach(async () => {
  HTMLDialogElement.prototype.showModal = () => {}; // jsdom has none
  HTMLDialogElement.prototype.close = function () {
    this.dispatchEvent(new Event("close"));
  };
  await open(lesson);
  await says(greets(1, "a\n\nb\n", "Ada\n"));
  vi.stubGlobal("matchMedia", () => ({
    matches: true,
    addEventListener() {},
    removeEventListener() {},
  }));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await types("my ");
  await says({
    type: "program",
    step: "one",
    revision: 2,
    ...source("their a\n\nB\n", "Bo\n"),
    versions: [],
  });
  await act(() => classroom.programs.save());
  await saves("one", 2, 7);
  await clicks("Compare");
  await loaded();
});

afterEach(() => {
  leave();
  Object.assign(HTMLDialogElement.prototype, { showModal, close });
});

it("shows both, in each file that differs", () => {
  expect(dialog()?.textContent).toContain("Yours, as it is here");
  expect(dialog()?.textContent).toContain("my a");
  expect(dialog()?.textContent).toContain("their a");
  const tabs = [...(dialog()?.querySelectorAll('[role="tab"]') ?? [])];
  expect(tabs.map(({ textContent }) => textContent)).toEqual(["main.py", "names.txt"]);
});

it("says where and when a version was written, without asking the server", async () => {
  await clicks("Take theirs");
  const elsewhere = { ...kept(8, "another\n", "Ada\n"), page: "theirs", device: "phone" };
  const latest = { ...source("their a\n\nB\n", "Bo\n"), versions: [elsewhere] };
  await says({ type: "program", step: "one", revision: 2, ...latest });
  const asked = vi.fn();
  vi.stubGlobal("fetch", asked);
  const [compare] = [...document.querySelectorAll("button")].filter(
    ({ textContent }) => textContent?.startsWith("Compare:") && textContent.includes("another"),
  );
  await act(() => compare?.click());
  await loaded();
  expect(dialog()?.textContent).toContain("The other one, written on another device at ");
  expect(asked).not.toHaveBeenCalled();
});

it("keeps mine", async () => {
  await clicks("Keep mine");
  expect(dialog()).toBeNull();
  expect(heard("restore")).toMatchObject([{ base: 2, version: 7 }]);
});

it("takes theirs, and lists mine", async () => {
  await clicks("Take theirs");
  await loaded();
  expect(shown()).toBe("their a\n\nB\n");
  expect(heard("restore")).toEqual([]);
  expect(button("Show it: the version from this browser, my a")).toBeDefined();
});

it("puts both together, to be used as the program", async () => {
  await clicks("Put together");
  await loaded();
  expect(dialog()?.textContent).toContain("In one place");
  expect(dialog()?.querySelector(".cm-side-name")?.textContent).toBe("Yours");
  await clicks("Use this");
  const { code, files: sent, base, version, cause } = heard("edit").at(-1) ?? {};
  expect({ code, sent, base, version, cause }).toEqual({
    code: "my a\ntheir a\n\nB\n",
    sent: { "names.txt": "Bo\n" },
    base: 2,
    version: 0,
    cause: "merged",
  });
  await loaded();
  expect(shown()).toBe("my a\ntheir a\n\nB\n");
});

it("replaces nothing that has changed since", async () => {
  await clicks("Put together");
  await loaded();
  const latest = source("newer\n", "Bo\n");
  const versions = [kept(7, "my a\n\nb\n", "Ada\n")];
  await says({ type: "program", step: "one", revision: 3, ...latest, versions });
  expect(dialog()?.textContent).toContain("The other one has changed since.");
  await clicks("Use this");
  expect(heard("edit").at(-1)).toMatchObject({ code: "my a\ntheir a\n\nB\n", base: 0 });
  expect(classroom.programs.stateOf(classroom.step).server?.source).toEqual(latest);
});

it("waits for the connection with what the server decides", async () => {
  await connectionLost();
  expect(button("Keep mine")?.disabled).toBe(true);
  expect(dialog()?.textContent).toContain("You are offline");
  expect(button("Put together")?.disabled).toBe(false);
});

it("has the focus where it was when it goes back", async () => {
  await clicks("Put together");
  await loaded();
  expect(document.activeElement?.closest(".merge-box")).not.toBeNull();
  await clicks("Back");
  await loaded();
  expect(document.activeElement).toBe(button("Put together"));
});

it.each(["Keep mine", "Take theirs"])("leaves the focus at hand after %j", async (choice) => {
  button(choice)?.focus();
  await clicks(choice);
  const latest =
    choice === "Keep mine" ? source("my a\n\nb\n", "Ada\n") : source("their a\n\nB\n", "Bo\n");
  await says({ type: "program", step: "one", revision: 3, ...latest, versions: [] });
  await loaded();
  const place = document.activeElement?.closest(".versions, .cm-editor");
  expect(place).not.toBeNull();
});
