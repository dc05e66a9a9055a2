import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VersionView } from "../../src/protocol/frames";
import { hello, page, step, view } from "../support/builders";
import {
  classroom,
  clicks,
  connectionFound,
  connectionLost,
  draw,
  editor,
  heard,
  leave,
  open,
  reopen,
  saves,
  says,
  types,
} from "../support/classroom";

describe("the program of a step", () => {
  const lesson = page(step("one"), step("two"));

  const greets = (revision: number, code: string, versions: VersionView[] = []) =>
    hello({ steps: [view("one", { revision, code, versions, state: "begun" }), view("two")] });

  const shown = () => editor().state.doc.toString();
  const announced = () => document.querySelector('[aria-label="Versions"]')?.textContent;
  beforeEach(() => open(lesson));
  afterEach(leave);

  it("says in every frame what the program was made from", async () => {
    await says(greets(7, "a\n"));
    await types("1");
    await clicks("Run");
    await saves("one", 8);
    classroom.say("Why?");
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

  it("sends a message again without its program's old name where that is another text by now", async () => {
    await says(greets(5, "a\n"));
    await connectionLost();
    await types("mine ");
    classroom.say("Why?");
    await connectionFound();
    await says(greets(5, "of a database that was put back\n"));
    for (const frame of [...heard("say"), ...heard("edit")]) {
      expect(frame).toMatchObject({ code: "mine a\n", base: 0 });
      expect(frame.version).toBeGreaterThan(1_000_000);
    }
    expect(heard("say")).toHaveLength(1);
  });

  it("says what it started from also when the line was lost meanwhile", async () => {
    await says(greets(1, "a\n"));
    await connectionLost();
    await types("mine ");
    classroom.say("Why?");
    await connectionFound();
    await says(greets(2, "theirs\n"));
    expect(heard("say")).toMatchObject([{ code: "mine a\n", base: 1 }]);
    expect(heard("edit")).toMatchObject([{ code: "mine a\n", base: 1 }]);
    expect(shown()).toBe("mine a\n");
    expect(announced()).toContain("Both versions are kept.");
  });

  it("saves when the page goes", async () => {
    await says(greets(1, "a\n"));
    await types("mine ");
    expect(heard("edit")).toEqual([]);
    window.dispatchEvent(new Event("pagehide"));
    expect(heard("edit").at(-1)).toMatchObject({ code: "mine a\n", base: 1 });
  });
});

describe("several steps", () => {
  const files = [
    { path: "names.txt", text: "Ada\n", editable: true },
    { path: "data.csv", text: "1,2\n", editable: false },
  ];

  const lesson = page(
    step("one"),
    step("two", { files }),
    step("quiz", { kind: "quiz", starter: "", choices: ["Yes", "No"] }),
    step("last", { kind: "predict", starter: "print(1)\n", files }),
  );

  const greets = hello({
    steps: [
      view("one", { code: "a = 1\n", state: "passed" }),
      view("two", { code: "b = 1\n", files: { "names.txt": "Bo\n" }, state: "begun" }),
      view("quiz", { code: "" }),
      view("last", { code: "print(1)\n" }),
    ],
  });

  const buttons = () => [...document.querySelectorAll<HTMLElement>(".step")];

  const codeOf = (index: number) =>
    classroom.programs.shownSource(lesson.steps[index] ?? classroom.step)?.code;

  async function goes(index: number): Promise<void> {
    await act(() => {
      buttons()[index]?.click();
      draw();
    });
  }

  beforeEach(() => open(lesson));
  afterEach(leave);

  describe("the programs of the steps", () => {
    it("are saved before another step is shown", async () => {
      await says(greets);
      await types("# mine\n");
      expect(heard("edit")).toEqual([]);
      await goes(1);
      expect(heard("edit")).toMatchObject([{ step: "one", code: "# mine\na = 1\n", files: {} }]);
    });

    it("do not mix, however late a key is worked off", async () => {
      await says(greets);
      await act(() => {
        classroom.goToStep("two"); // not drawn yet: the editor still shows the first step
        editor().dispatch({ changes: { from: 0, insert: "late" } });
        draw();
      });
      expect(codeOf(0)).toBe("latea = 1\n");
      expect(codeOf(1)).toBe("b = 1\n");
      expect(editor().state.doc.toString()).toBe("b = 1\n");
    });

    it("are confirmed one by one, each by its own step", async () => {
      await says(greets);
      await types("# one\n");
      await goes(1);
      await types("# two\n");
      await goes(0);
      await saves("two", 2);
      expect(classroom.store.copies("two")).toEqual([]);
      expect(classroom.store.copies("one")).toMatchObject([{ code: "# one\na = 1\n" }]);
      await saves("one", 2);
      expect(classroom.store.copies("one")).toEqual([]);
    });

    it("come back after a reload where the server missed them", async () => {
      await says(greets);
      await types("# one\n");
      await reopen(lesson);
      await says(greets);
      expect(editor().state.doc.toString()).toBe("# one\na = 1\n");
      expect(heard("edit")).toMatchObject([{ step: "one", code: "# one\na = 1\n" }]);
    });

    it("keep their own undo", async () => {
      await says(greets);
      await types("# one\n");
      await goes(1);
      await goes(0);
      const { undo } = await import("@codemirror/commands");
      await act(() => {
        undo(editor());
      });
      expect(editor().state.doc.toString()).toBe("a = 1\n");
      expect(codeOf(1)).toBe("b = 1\n");
    });

    it("follow another page of the student's also while they are not shown", async () => {
      await says(greets);
      await goes(1);
      const [one, ...more] = greets.steps;
      await says({
        ...greets,
        steps: [{ ...(one ?? view("one")), code: "other\n", revision: 2 }, ...more],
      });
      await goes(0);
      expect(editor().state.doc.toString()).toBe("other\n");
    });
  });
});

describe("the browser's storage", () => {
  const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));
  const greets = (code: string) => hello({ steps: [view("one", { code }), view("two")] });
  beforeEach(() => open(lesson));
  afterEach(leave);

  it("keeps in the browser what the server has not confirmed", async () => {
    await says(greets(""));
    await types("kept = 1");
    expect(classroom.store.copies("one")).toMatchObject([{ code: "kept = 1", base: 1 }]);
    await says(greets(""));
    await saves("one", 2);
    expect(heard("edit")).toMatchObject([
      { step: "one", code: "kept = 1", files: {}, base: 1, version: 0 },
    ]);
    expect(classroom.store.copies("one")).toEqual([]);
  });
});
