import { EditorState } from "@codemirror/state";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
  presses,
  region,
  reopen,
  saves,
  says,
  types,
} from "../support/classroom";

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
    view("one", { code: "a = 1\n", state: "done" }),
    view("two", { code: "b = 1\n", files: { "names.txt": "Bo\n" }, state: "begun" }),
    view("quiz", { code: "" }),
    view("last", { code: "print(1)\n" }),
  ],
});
const buttons = () => [...document.querySelectorAll<HTMLElement>(".step")];
const current = () => document.querySelector('[aria-current="step"]')?.textContent ?? "";
const visible = () =>
  [...document.querySelectorAll<HTMLElement>("article[data-step]:not([hidden])")].map(
    ({ dataset }) => dataset.step,
  );

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

it("lists the steps with their kinds and how far the student is", async () => {
  await says(greets);
  const texts = buttons().map((one) => one.textContent);
  expect(texts[0]).toBe("Title of one, Program, done");
  expect(texts[1]).toBe("2Title of two, Program, begun");
  expect(texts[2]).toBe("3Title of quiz, Question, new");
  expect(current()).toContain("Title of one");
});

it("calls a step without a title after what there is to do", async () => {
  leave();
  await open(page(step("one", { title: "" }), step("two", { title: "", kind: "predict" })));
  await says(hello());
  expect(buttons().map((one) => one.textContent)).toEqual(["1Program, begun", "2Predict, new"]);
});

it("shows no list where there is nothing to choose", async () => {
  leave();
  await open(page(step("one")));
  await says(hello({ steps: [view("one")] }));
  expect(document.querySelector("nav")).toBeNull();
  expect(button("Next")).toBeUndefined();
});

it("goes to another step at once and tells the server", async () => {
  await says(greets);
  await goes(1);
  expect(visible()).toEqual(["two"]);
  expect(current()).toContain("Title of two");
  expect(heard("go")).toEqual([{ type: "go", step: "two" }]);
  expect(editor().state.doc.toString()).toBe("b = 1\n");
});

it("goes on and back with Next and Previous", async () => {
  await says(greets);
  await clicks("Next");
  await clicks("Next");
  await clicks("Previous");
  expect(heard("go").map(({ step }) => step)).toEqual(["two", "quiz", "two"]);
});

it("begins where the student was last", async () => {
  await says({ ...greets, step: "two" });
  expect(visible()).toEqual(["two"]);
  expect(heard("go")).toEqual([]);
});

it("tells the server of a step that is shown for the first time, also without a choice", async () => {
  await says({ ...greets, step: "last" });
  expect(heard("go")).toEqual([{ type: "go", step: "last" }]);
  expect(current()).toContain("begun");
});

it("says again where it is when the line was lost", async () => {
  await says(greets);
  await connectionLost();
  await goes(1);
  expect(visible()).toEqual(["two"]);
  await connectionFound();
  expect(heard("go")).toEqual([]);
  await says(greets);
  expect(heard("go")).toEqual([{ type: "go", step: "two" }]);
  expect(visible()).toEqual(["two"]);
});

it("hides the editor in a step without a program", async () => {
  await says(greets);
  await goes(2);
  expect(region("Code")).toBeNull();
  expect(button("Code")).toBeUndefined();
  await goes(0);
  expect(region("Code")).not.toBeNull();
});

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
    leave();
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

it("lets nobody change or run a program that is to be predicted", async () => {
  await says({ ...greets, step: "last" });
  expect(editor().state.facet(EditorState.readOnly)).toBe(true);
  expect(button("Run")?.disabled).toBe(true);
  expect(button("Reset")).toBeUndefined();
  expect(region("Output")).toBeNull();
});

describe("a step that is called like something every object has", () => {
  it("is a step like any other", async () => {
    const file = { path: "names.txt", text: "Ada\n", editable: true };
    await open(page(step("one"), step("constructor", { files: [file] })));
    const kept = view("constructor", { files: { "names.txt": "Ada\n" } });
    await says(hello({ steps: [view("one"), kept] }));
    await clicks("Next");
    await types("# mine\n");
    await clicks("Check");
    expect(heard("check_code")).toMatchObject([
      { step: "constructor", code: "# mine\nconstructor = 1\n", files: { "names.txt": "Ada\n" } },
    ]);
    expect(region("Check")).not.toBeNull();
  });
});
