import { undo } from "@codemirror/commands";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProgramChanged, VersionView } from "../../src/protocol/frames";
import { hello, page, step, view } from "../support/builders";
import {
  button,
  classroom,
  clicks,
  connectionFound,
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
  page: "",
  device: "",
  cause: "",
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

describe("a program that was changed here and elsewhere", () => {
  beforeEach(async () => {
    await says(greets(1, "a\n"));
    await types("mine ");
    await says(program(2, "theirs\n"));
    await act(() => {
      classroom.programs.save();
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
    await act(() => classroom.programs.save());
    expect(heard("edit").at(-1)).toMatchObject({ code: "still mine a\n", version: 4 });
  });

  it("is run, checked and told as it is shown", async () => {
    await clicks("Run");
    expect(heard("run")).toMatchObject([{ code: "mine a\n", version: 4 }]);
    await presses("Show the other one");
    classroom.say("Why?");
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
    await act(() => classroom.programs.save());
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
    expect(notice()?.textContent).toBe("Dismissed: mine aUndo: keep it");
    expect(document.activeElement).toBe(notice());
    await types("more ");
    expect(notice()).toBeNull();
  });

  it("is kept again after it was dismissed by mistake", async () => {
    await presses("Show the other one");
    await presses("Dismiss");
    await says(program(2, "theirs\n"));
    await presses("Undo");
    const [edit] = heard("edit").slice(-1);
    expect(edit).toMatchObject({ code: "mine a\n", base: 0 });
    expect(edit?.version).toBeGreaterThan(1_000_000); // no step has so many: it is kept beside
    await saves("one", 2, 5);
    await says(program(2, "theirs\n", [kept(5, "mine a\n")]));
    expect(notice()?.textContent).toMatch(/^A version from .* is kept/);
    expect(classroom.store.copies("one")).toEqual([]);
  });

  it("is not said to be kept where it was dismissed on another page, and can be kept again", async () => {
    await says(program(2, "theirs\n"));
    expect(announced()).not.toContain("Both versions are kept.");
    expect(notice()?.textContent).toContain("It was dismissed or changed on another page");
    expect(shown()).toBe("mine a\n");
    await presses("Keep it");
    expect(heard("edit").at(-1)).toMatchObject({ code: "mine a\n" });
    await saves("one", 2, 5);
    await says(program(2, "theirs\n", [kept(5, "mine a\n")]));
    expect(announced()).toContain("Both versions are kept.");
    expect(named("Keep it")).toBeUndefined();
  });

  it("can be had back where it was dismissed on another page and is no longer shown", async () => {
    await says(program(2, "theirs\n"));
    await presses("Show the other one");
    expect(notice()?.textContent).toContain("No longer kept: mine a");
    await presses("Undo");
    expect(heard("edit").at(-1)).toMatchObject({ code: "mine a\n" });
  });

  it("is not made the program by a wish of before the line was lost", async () => {
    await types("still ");
    await presses("Use this one"); // it is being saved first
    await connectionLost();
    await connectionFound();
    await says(greets(3, "theirs, newer\n", [kept(5, "still mine a\n"), kept(4, "mine a\n")]));
    await says(program(4, "theirs, newest\n", [kept(5, "still mine a\n")]));
    expect(heard("restore")).toEqual([]);
    expect(named("Use this one")?.disabled).toBe(false);
  });

  it("is not made the program in the place of one that nobody saw here", async () => {
    await types("still ");
    await presses("Use this one");
    await says(program(3, "theirs, newer\n", [kept(4, "mine a\n")]));
    await saves("one", 3, 5);
    expect(heard("restore")).toMatchObject([{ base: 2, version: 5 }]); // which the server refuses
  });

  it("is marked and told also where another part of the page is shown", () => {
    const tab = [...document.querySelectorAll('[aria-label="Parts of the lesson"] button')][1];
    expect(tab?.getAttribute("aria-selected")).toBe("false");
    expect(tab?.textContent).toBe("Code (Several versions)");
    const words = document.querySelector('[aria-label="Versions"]');
    expect(words?.closest("[data-hidden]")).toBeNull();
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

it("tells versions apart by the second and by what is in them, and offers none twice", async () => {
  const at = (second: string) => new Date(`2026-01-01T10:00:${second}`).toISOString();
  const versions = [
    { ...kept(3, "a\nb = 'three'\n"), written_at: at("03") },
    { ...kept(2, `a\n\n  b = '${"two".repeat(40)}'\n`), written_at: at("02") },
    { ...kept(1, "a\nb = 'three'\n"), written_at: at("01") },
  ];
  await says(greets(1, "a\nb = 'one'\n", versions));
  const entries = [...document.querySelectorAll(".versions li")].map((one) => one.textContent);
  expect(entries).toHaveLength(2);
  expect(entries[0]).toMatch(
    /10:00:03.* is kept: b = 'three'Show it: the version from .*:03.*, b =/,
  );
  expect(entries[1]).toMatch(/10:00:02.* is kept: b = 'twotwo[two]*…Show it/);
});
