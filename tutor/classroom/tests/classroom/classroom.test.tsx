import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FromBrowser, ProgramChanged, VersionView } from "../../src/protocol/frames";
import { LocalStore } from "../../src/storage/localStore";
import { hello, page, step, student, view } from "../support/builders";
import {
  classroom,
  connectionFound,
  connectionLost,
  draw,
  editor,
  fills,
  heard,
  leave,
  open,
  presses,
  saves,
  says,
  types,
} from "../support/classroom";

describe("the page of a student", () => {
  const lesson = page(step("one"), step("two"));

  const greets = (revision: number, code: string, versions: VersionView[] = []) =>
    hello({ steps: [view("one", { revision, code, versions, state: "begun" }), view("two")] });

  const program = (
    revision: number,
    code: string,
    versions: VersionView[] = [],
  ): ProgramChanged => ({
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

  const named = (name: string) =>
    [...document.querySelectorAll("button")].find((one) => one.textContent?.startsWith(name));

  beforeEach(() => open(lesson));
  afterEach(leave);

  describe("where the browser keeps nothing", () => {
    beforeEach(() => {
      const refuses = () => {
        throw new DOMException("No.", "QuotaExceededError");
      };
      vi.stubGlobal("localStorage", {
        getItem: () => null,
        setItem: refuses,
        removeItem: () => {},
      });
    });
    const leaves = () => {
      const event = new Event("beforeunload", { cancelable: true });
      window.dispatchEvent(event);
      return !event.defaultPrevented;
    };
    const mark = () => document.querySelector(".saved-mark")?.textContent;
    const NOT_KEPT = "Not saved: this browser keeps nothing. Leave the page open.";

    it("the page does not say so of a program, and asks before it goes", async () => {
      await says(greets(1, "a\n"));
      expect(leaves()).toBe(true);
      await connectionLost();
      await types("mine ");
      expect(mark()).toBe("Not saved");
      expect(document.querySelector(".code-panel .notice")?.textContent).toBe(NOT_KEPT);
      expect(document.querySelector('[role="alert"]')?.textContent).toBe(NOT_KEPT);
      expect(leaves()).toBe(false);
      await connectionFound();
      await says(greets(1, "a\n"));
      await saves("one", 2);
      expect(mark()).toBe("Saved");
      expect(leaves()).toBe(true);
    });

    it("nor of a message", async () => {
      await says(greets(1, "a\n"));
      await connectionLost();
      await act(() => {
        classroom.say("Why?");
        draw();
      });
      expect(document.querySelector(".unsent")?.textContent).toContain(NOT_KEPT);
      expect(leaves()).toBe(false);
      await connectionFound(); // or the page would look for it while others are tried
    });
  });

  it("sends nothing to the conversation of somebody else, and says whose browser it is", async () => {
    await says(greets(1, "a\n"));
    await connectionLost();
    await types("mine ");
    classroom.say("Why?");
    await connectionFound();
    await says({ ...greets(1, "theirs\n"), conversation: 2 });
    await connectionFound();
    window.dispatchEvent(new Event("pagehide"));
    expect(["edit", "say", "go"].map((type) => heard(type as "edit").length)).toEqual([0, 0, 0]);
    expect(shown()).toBe("mine a\n");
    expect(document.querySelector(".chat-panel .notice")?.textContent).toContain(
      "Somebody else is logged in in this browser now, or this dialogue was deleted. Reload the page; what you wrote here is kept until somebody else logs in.",
    );
    expect(classroom.store.copies("one")).toMatchObject([{ code: "mine a\n" }]);
  });

  it("takes over what a tab that is gone has left, and says whose it was", async () => {
    const source = { code: "mine a\n", files: {}, base: 1 };
    const gone = new LocalStore(lesson.storage_key, "gone", lesson.conversation);
    gone.saveCopies("one", [{ ...source, version: 0, main: true, shown: true, known: [] }]);
    gone.saveUnsent([{ type: "say", id: "said-1-xyz", text: "Why?", step: "one", ...source }]);
    await says(greets(2, "theirs\n"));
    await vi.waitFor(() => expect(heard("edit")).toHaveLength(1), { timeout: 10_000 });
    const whose = { ...source, page: "gone" };
    expect(heard("edit")).toMatchObject([{ ...whose, version: 0 }]);
    expect(heard("say")).toMatchObject([whose]);
    expect(shown()).toBe("theirs\n");
    expect(classroom.store.otherPages).not.toContain("gone");
    expect(classroom.store.copies("one")).toMatchObject([{ code: "mine a\n" }]); // until it is saved
    await saves("one", 2, 1);
    await says(program(2, "theirs\n", [kept(1, "mine a\n")]));
    expect(classroom.store.copies("one")).toEqual([]);
    expect(named("Show it")).toBeDefined();
  });
});

describe("a new connection", () => {
  const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));

  const composer = () =>
    document.querySelector('textarea[aria-label="Message to the tutor"]') as HTMLTextAreaElement;

  const writes = (text: string) => fills(composer(), text);
  beforeEach(() => open(lesson));
  afterEach(leave);

  it("sends again what nobody accepted, under the same id, and only that", async () => {
    await says(hello());
    await writes("Why?");
    await presses(composer(), { key: "Enter" });
    const [first] = heard("say") as FromBrowser[];
    await says(hello());
    expect(heard("say")).toEqual([first, first]);
    const id = first?.type === "say" ? first.id : "";
    await says(hello({ items: [student(1, 1, "Why?", id)] }));
    expect(heard("say")).toHaveLength(2);
  });
});
