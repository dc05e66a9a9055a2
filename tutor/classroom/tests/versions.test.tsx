import { redo, undo } from "@codemirror/commands";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProgramChanged, VersionView } from "../src/frames";
import { Drawer } from "../src/storage";
import { hello, page, step, view } from "./cast";
import {
  button,
  clicks,
  draw,
  editor,
  heard,
  leave,
  lineFound,
  lineLost,
  open,
  room,
  saves,
  says,
  types,
} from "./room";

const lesson = page(step("one"), step("two"));
const greets = (revision: number, code: string, versions: VersionView[] = []) =>
  hello({ steps: [view("one", { revision, code, versions, state: "begun" }), view("two")] });
const program = (revision: number, code: string, versions: VersionView[] = []): ProgramChanged => ({
  type: "program",
  step: "one",
  revision,
  code,
  files: {},
  versions,
});
const kept = (id: number, code: string): VersionView => ({
  id,
  written_at: new Date().toISOString(),
  code,
  files: {},
});
const shown = () => editor().state.doc.toString();
const notice = () => document.querySelector<HTMLElement>(".versions");
const announced = () => document.querySelector('[aria-label="Versions"]')?.textContent;
const named = (name: string) =>
  [...document.querySelectorAll("button")].find((one) => one.textContent?.startsWith(name));

async function presses(name: string): Promise<void> {
  await act(() => {
    named(name)?.focus();
    named(name)?.click();
    draw();
  });
}

beforeEach(() => open(lesson));
afterEach(leave);

it("says in every frame what the program was made from", async () => {
  await says(greets(7, "a\n"));
  await types("1");
  await clicks("Run");
  await saves("one", 8);
  room.say("Why?");
  await clicks("Check");
  await says({ type: "refused", id: heard("run")[0]?.id ?? "", code: "busy", message: "No." });
  await clicks("Check");
  expect(heard("run")).toMatchObject([{ base: 7, version: 0 }]);
  expect(heard("say")).toMatchObject([{ base: 8, version: 0 }]);
  expect(heard("check_code")).toMatchObject([{ base: 8, version: 0 }]);
});

it("saves what a refused frame carried by itself", async () => {
  await says(greets(7, "a\n"));
  await types("1");
  await clicks("Run");
  expect(heard("edit")).toEqual([]);
  await says({ type: "refused", id: heard("run")[0]?.id ?? "", code: "busy", message: "No." });
  expect(heard("edit")).toMatchObject([{ code: "1a\n", base: 7 }]);
});

describe("a program that another page changes", () => {
  it("is followed with the cursor where it was, and neither typed nor undone here", async () => {
    await says(greets(1, "first\nsecond\nthird\n"));
    await act(() => editor().dispatch({ selection: { anchor: 15, head: 18 } })); // in "third"
    await types("# mine\n");
    await act(() => room.programs.save());
    await saves("one", 2);
    await says(program(3, "# mine\nfirst\nin between\nsecond\nthird\n"));
    expect(shown()).toBe("# mine\nfirst\nin between\nsecond\nthird\n");
    const { from, to } = editor().state.selection.main;
    expect(editor().state.sliceDoc(from, to)).toBe("ird");
    expect(heard("edit")).toHaveLength(1);
    expect(room.drawer.copies("one")).toEqual([]);
    await act(() => {
      undo(editor());
      draw();
    });
    expect(shown()).toBe("first\nin between\nsecond\nthird\n");
    await act(() => {
      redo(editor());
      draw();
    });
    expect(shown()).toBe("# mine\nfirst\nin between\nsecond\nthird\n");
    expect(notice()).toBeNull();
  });

  it("is followed in Windows's line ends without being written again", async () => {
    await says(greets(1, "a\r\nb\r\n"), program(2, "a\r\nb\r\nc\r\n"));
    expect(shown()).toBe("a\nb\nc\n");
    await types("x");
    expect(notice()).toBeNull();
    expect(shown()).toBe("xa\nb\nc\n");
  });
});

describe("a program that was changed here and elsewhere", () => {
  beforeEach(async () => {
    await says(greets(1, "a\n"));
    await types("mine ");
    await says(program(2, "theirs\n"));
    await act(() => {
      room.programs.save();
      draw();
    });
    await saves("one", 2, 4);
    await says(program(2, "theirs\n", [kept(4, "mine a\n")]));
  });

  it("stays as it is in the editor; both are kept, and that is said once", async () => {
    expect(shown()).toBe("mine a\n");
    expect(heard("edit")).toMatchObject([{ code: "mine a\n", base: 1, version: 0 }]);
    expect(announced()).toContain("Both versions are kept.");
    expect(notice()?.textContent).toContain("You see the one that you wrote here.");
    await types("still ");
    expect(announced()).toContain("Both versions are kept.");
    await act(() => room.programs.save());
    expect(heard("edit").at(-1)).toMatchObject({ code: "still mine a\n", version: 4 });
  });

  it("is run, checked and told as it is shown", async () => {
    await clicks("Run");
    expect(heard("run")).toMatchObject([{ code: "mine a\n", version: 4 }]);
    await presses("Show the other one");
    room.say("Why?");
    expect(heard("say")).toMatchObject([{ code: "theirs\n", base: 2, version: 0 }]);
  });

  it("is shown with its own undo, whichever is shown in between", async () => {
    await presses("Show the other one");
    expect(shown()).toBe("theirs\n");
    expect(announced()).toBe("");
    await types("not ");
    await presses("Show it");
    expect(shown()).toBe("mine a\n");
    await act(() => {
      undo(editor());
      draw();
    });
    expect(shown()).toBe("a\n");
    await presses("Show my program");
    expect(shown()).toBe("not theirs\n");
  });

  it("is the one that the student chooses; the other one is kept", async () => {
    await presses("Use this one");
    expect(heard("restore")).toMatchObject([{ step: "one", base: 2, version: 4 }]);
    expect(named("Use this one")?.disabled).toBe(true);
    const [{ id } = { id: "" }] = heard("restore");
    await says({ type: "saved", id, step: "one", revision: 3, version: 0 });
    await says(program(3, "mine a\n", [kept(5, "theirs\n")]));
    expect(shown()).toBe("mine a\n");
    expect(announced()).toBe("");
    expect(notice()?.textContent).toMatch(/^A version from .* is kept/);
    await types("still ");
    await act(() => room.programs.save());
    expect(heard("edit").at(-1)).toMatchObject({ base: 3, version: 0 });
  });

  it("is not chosen where it has changed once more, and the page says why", async () => {
    await presses("Use this one");
    const [{ id } = { id: "" }] = heard("restore");
    await says({ type: "refused", id, code: "stale", message: "Nothing was put back." });
    await says(program(3, "theirs, newer\n", [kept(4, "mine a\n")]));
    expect(notice()?.querySelector('[role="alert"]')?.textContent).toBe("Nothing was put back.");
    expect(document.querySelectorAll('[role="alert"]')).toHaveLength(1); // and not beside the chat
    expect(shown()).toBe("mine a\n");
    expect(named("Use this one")?.disabled).toBe(false);
  });

  it("keeps the focus at hand, whatever button goes away", async () => {
    await presses("Show the other one");
    expect(document.activeElement).toBe(notice());
    await presses("Dismiss");
    expect(heard("dismiss")).toEqual([{ type: "dismiss", step: "one", version: 4 }]);
    await says(program(2, "theirs\n"));
    expect(notice()).toBeNull();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Your program");
  });

  it("goes back to what the lesson begins with only where it is shown", async () => {
    HTMLDialogElement.prototype.showModal ??= () => {}; // jsdom has none
    HTMLDialogElement.prototype.close ??= () => {};
    await clicks("Reset");
    await act(() => {
      button("Replace my program")?.click();
      draw();
    });
    expect(shown()).toBe("one = 1\n");
    await presses("Show the other one");
    expect(shown()).toBe("theirs\n");
  });
});

it("takes no focus once the student has done something else", async () => {
  await says(greets(1, "a\n", [kept(1, "b\n")]));
  await presses("Dismiss");
  await act(() => {
    document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
    (document.activeElement as HTMLElement).blur();
  });
  await says(program(1, "a\n"));
  expect(document.activeElement).toBe(document.body);
});

it("offers nothing that is the program already", async () => {
  await says(greets(1, "a\n", [kept(1, "a\n")]));
  expect(notice()).toBeNull();
});

it("says what it started from also when the line was lost meanwhile", async () => {
  await says(greets(1, "a\n"));
  await lineLost();
  await types("mine ");
  room.say("Why?");
  await lineFound();
  await says(greets(2, "theirs\n"));
  expect(heard("say")).toMatchObject([{ code: "mine a\n", base: 1 }]);
  expect(heard("edit")).toMatchObject([{ code: "mine a\n", base: 1 }]);
  expect(shown()).toBe("mine a\n");
  expect(announced()).toContain("Both versions are kept.");
});

it("takes over what a tab that is gone has left, and says whose it was", async () => {
  const work = { code: "mine a\n", files: {}, base: 1 };
  const gone = new Drawer(lesson.storage_key, "gone");
  gone.keepCopies("one", [{ ...work, version: 0, main: true, shown: true, known: [] }]);
  gone.keepUnsent([{ type: "say", id: "said-1-xyz", text: "Why?", step: "one", ...work }]);
  await says(greets(2, "theirs\n"));
  await vi.waitFor(() => expect(heard("edit")).toHaveLength(1));
  const whose = { ...work, page: "gone" };
  expect(heard("edit")).toMatchObject([{ ...whose, version: 0 }]);
  expect(heard("say")).toMatchObject([whose]);
  expect(shown()).toBe("theirs\n");
  expect(room.drawer.others).not.toContain("gone");
  expect(room.drawer.copies("one")).toMatchObject([{ code: "mine a\n" }]); // until it is saved
  await saves("one", 2, 1);
  await says(program(2, "theirs\n", [kept(1, "mine a\n")]));
  expect(room.drawer.copies("one")).toEqual([]);
  expect(named("Show it")).toBeDefined();
});

it("saves when the page goes", async () => {
  await says(greets(1, "a\n"));
  await types("mine ");
  expect(heard("edit")).toEqual([]);
  window.dispatchEvent(new Event("pagehide"));
  expect(heard("edit").at(-1)).toMatchObject({ code: "mine a\n", base: 1 });
});
