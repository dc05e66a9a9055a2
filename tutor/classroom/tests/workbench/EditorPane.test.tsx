import { redo, undo } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProgramChanged, VersionView } from "../../src/protocol/frames";
import { hello, page, step, view } from "../support/builders";
import {
  classroom,
  clicks,
  draw,
  editor,
  heard,
  leave,
  open,
  presses,
  saves,
  says,
  types,
} from "../support/classroom";

it("counts what is pasted into the program, and a check says it, but no more than there is", async () => {
  await open(page(step("one")));
  await says(hello({ steps: [view("one", { code: "a = 1\n", state: "begun" })] }));
  const pastes = (insert: string) =>
    act(() => {
      editor().dispatch({ changes: { from: 0, insert }, userEvent: "input.paste" });
      draw();
    });
  await pastes("b = 2\n");
  await types("c = 3\n");
  await clicks("Check");
  await says({ type: "refused", id: heard("check_code")[0]?.id ?? "", code: "busy", message: "" });
  await act(() => {
    editor().dispatch({ changes: { from: 2, to: editor().state.doc.length } });
    draw();
  });
  await clicks("Check");
  expect(heard("check_code").map(({ pasted }) => pasted)).toEqual([6, 2]);
  leave();
});

describe("the editor of two pages", () => {
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

  const shown = () => editor().state.doc.toString();
  const notice = () => document.querySelector<HTMLElement>(".versions");
  beforeEach(() => open(lesson));
  afterEach(leave);

  describe("a program that another page changes", () => {
    it("is followed with the cursor where it was, and neither typed nor undone here", async () => {
      await says(greets(1, "first\nsecond\nthird\n"));
      await act(() => editor().dispatch({ selection: { anchor: 15, head: 18 } })); // in "third"
      await types("# mine\n");
      await act(() => classroom.programs.save());
      await saves("one", 2);
      await says(program(3, "# mine\nfirst\nin between\nsecond\nthird\n"));
      expect(shown()).toBe("# mine\nfirst\nin between\nsecond\nthird\n");
      const { from, to } = editor().state.selection.main;
      expect(editor().state.sliceDoc(from, to)).toBe("ird");
      expect(heard("edit")).toHaveLength(1);
      expect(classroom.store.copies("one")).toEqual([]);
      for (const step of [undo, redo, undo]) {
        await act(() => {
          step(editor());
          draw();
        });
        expect(shown()).toBe("# mine\nfirst\nin between\nsecond\nthird\n");
      }
      expect(notice()).toBeNull();
    });

    it("is undone here only as far as nobody else has written", async () => {
      await says(greets(1, "zero\n"));
      const changes = { from: 0, to: 5, insert: "alpha\nbeta\n" };
      await act(() => {
        editor().dispatch({ changes });
        classroom.programs.save();
      });
      await saves("one", 2);
      await says(program(3, "gamma\ndelta\n"));
      await types("x");
      for (const _ of "ab") {
        await act(() => {
          undo(editor());
          draw();
        });
      }
      expect(shown()).toBe("gamma\ndelta\n");
    });

    it.each([
      ["in two places around it", "# top\nfirst\nsecond\nthird\nend\n", "second"],
      ["within it", "first\nsec, changed, ond\nthird\n", ""],
      ["so that it is gone", "other\n", ""],
    ])(
      "is followed with what is selected, also where it is changed %s",
      async (_, code, selected) => {
        await says(greets(1, "first\nsecond\nthird\n"));
        await act(() => editor().dispatch({ selection: { anchor: 6, head: 12 } })); // "second"
        await says(program(2, code));
        const { from, to, head } = editor().state.selection.main;
        expect(editor().state.sliceDoc(from, to)).toBe(selected);
        await act(() => {
          editor().dispatch(editor().state.replaceSelection("X"));
          draw();
        });
        expect(shown()).toBe(
          selected ? code.replace(selected, "X") : `${code.slice(0, head)}X${code.slice(head)}`,
        );
      },
    );

    it("is followed with the cursor at its place of its line", async () => {
      await says(greets(1, "first\nsecond\nthird\n"));
      await act(() => editor().dispatch({ selection: { anchor: 6 } })); // before "second"
      await says(program(2, "# top\nfirst\n# more\nsecond\nthird\nend\n"));
      const { head } = editor().state.selection.main;
      expect(shown().slice(head)).toBe("second\nthird\nend\n");
    });

    it("is followed in Windows's line ends without being written again", async () => {
      await says(greets(1, "a\r\nb\r\n"), program(2, "a\r\nb\r\nc\r\n"));
      expect(shown()).toBe("a\nb\nc\n");
      await types("x");
      expect(notice()).toBeNull();
      expect(shown()).toBe("xa\nb\nc\n");
    });
  });
});

describe("the editor of several files", () => {
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

  beforeEach(() => open(lesson));
  afterEach(leave);

  describe("the files beside a program", () => {
    it("are tabs: the student's own can be written, the lesson's only read", async () => {
      await says({ ...greets, step: "two" });
      const tabs = [...document.querySelectorAll(".files button")].map((tab) => tab.textContent);
      expect(tabs).toEqual(["main.py", "names.txt", "data.csv (read only)"]);
      await clicks("names.txt");
      expect(editor().state.doc.toString()).toBe("Bo\n");
      expect(editor().state.facet(EditorState.readOnly)).toBe(false);
      await clicks("data.csv (read only)");
      expect(editor().state.doc.toString()).toBe("1,2\n");
      expect(editor().state.facet(EditorState.readOnly)).toBe(true);
    });

    it("go along with everything, exactly those that may be changed", async () => {
      await says({ ...greets, step: "two" });
      await clicks("names.txt");
      await types("Cy\n");
      await clicks("Run");
      const mine = { step: "two", code: "b = 1\n", files: { "names.txt": "Cy\nBo\n" } };
      expect(heard("run")).toMatchObject([mine]);
      // What the run carries need not be saved besides.
      expect(heard("edit")).toEqual([]);
      classroom.say("Why?");
      expect(heard("say")).toMatchObject([mine]);
    });

    it("are taken with the arrow keys", async () => {
      await says({ ...greets, step: "two" });
      await presses(document.querySelector(".files"), { key: "ArrowRight" });
      expect(document.activeElement?.textContent).toBe("names.txt");
      expect(editor().state.doc.toString()).toBe("Bo\n");
    });
  });
});

describe("the editor", () => {
  const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));
  const greets = (code: string) => hello({ steps: [view("one", { code }), view("two")] });
  beforeEach(() => open(lesson));
  afterEach(leave);

  it("loses no letter that is typed while the page is drawn", async () => {
    await says(greets(""));
    await act(() => {
      editor().dispatch({ changes: { from: 0, insert: "a" } });
      draw();
      editor().dispatch({ changes: { from: 1, insert: "b" } });
    });
    expect(editor().state.doc.toString()).toBe("ab");
    expect(classroom.programs.shownSource(classroom.step)?.code).toBe("ab");
  });

  it("lets nobody type into a program that is not known yet", async () => {
    expect(editor().state.readOnly).toBe(true);
    await says(greets("mine = 1\n"));
    expect(editor().state.readOnly).toBe(false);
    expect(editor().state.doc.toString()).toBe("mine = 1\n");
  });
});
