import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PredictionView } from "../../src/protocol/frames";
import { hello, page, prediction, step, view } from "../support/builders";
import {
  button,
  classroom,
  clicks,
  connectionFound,
  connectionLost,
  draw,
  editor,
  fills,
  heard,
  leave,
  open,
  presses,
  reopen,
  says,
  types,
} from "../support/classroom";

const lesson = page(step("one"), step("two"));
const steps = [view("one", { code: "a = 1\n", state: "begun" }), view("two")];
const asked = prediction(4);
const whole = prediction(4, { call: "" });
const greets = hello({ steps, items: [asked] });

const card = () => document.querySelector(".prediction") as HTMLElement;
const field = () => card().querySelector<HTMLInputElement>("input, textarea");
const composer = () => document.querySelector(".composer textarea") as HTMLTextAreaElement;
const told = (parts: Partial<PredictionView>) =>
  ({ type: "prediction", prediction: { ...asked.prediction, ...parts } }) as const;
const accepts = () => says({ type: "accepted", id: heard("answer").at(-1)?.id ?? "", item: null });

beforeEach(() => open(lesson));
afterEach(leave);

describe("the answer to a prediction", () => {
  it("goes from the card to the comparison", async () => {
    await says(greets);
    expect(card().querySelector(".prose")?.textContent).toContain("What does it give for 5?");
    expect(card().querySelector("pre.asked")?.textContent).toBe("find(5)");
    await fills(field(), " 2 ");
    await presses(field(), { key: "Enter" });
    await presses(field(), { key: "Enter" });
    expect(heard("answer")).toMatchObject([{ prediction: 3, text: "2" }]);
    expect(card().textContent).toContain("You said2");
    await accepts();
    expect(card().textContent).toContain("Comparing");
    expect(classroom.store.hasDrafts).toBe(false);
    await says(told({ state: "wrong", said: "2", gave: "None" }));
    expect(card().textContent).toContain("It gaveNone");
    expect(card().querySelector(".verdict")?.textContent).toContain("Different");
  });

  it("is what is written when Enter is pressed, though it is not drawn yet", async () => {
    await says(greets);
    const written = field() as HTMLInputElement;
    await act(() => {
      written.value = "2";
      written.dispatchEvent(new InputEvent("input", { bubbles: true }));
      written.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: "Enter" }));
      draw();
    });
    expect(heard("answer")).toMatchObject([{ text: "2" }]);
  });

  it("may be that the student does not know", async () => {
    await says(greets);
    await clicks("I don't know");
    expect(heard("answer")).toMatchObject([{ prediction: 3, text: null }]);
    await accepts();
    await says(told({ state: "none", gave: "None" }));
    expect(card().textContent).toContain("You saidI don't knowIt gaveNone");
  });

  it("has one line for a call, and several for what a program prints", async () => {
    await says(greets);
    expect(field()).toBeInstanceOf(HTMLInputElement);
    await says(hello({ steps, items: [whole] }));
    await fills(field(), "  1\n2\n");
    await presses(field(), { key: "Enter", shiftKey: true });
    await presses(field(), { key: "Enter", isComposing: true });
    expect(heard("answer")).toEqual([]);
    await presses(field(), { key: "Enter" });
    expect(heard("answer")).toMatchObject([{ text: "  1\n2" }]);
  });

  it("is kept where it is refused, with the reason", async () => {
    await says(greets);
    await fills(field(), "2");
    await clicks("Answer");
    const id = heard("answer")[0]?.id ?? "";
    await says({ type: "refused", id, code: "storage", message: "Not now, please." });
    expect(field()?.value).toBe("2");
    expect(card().querySelector('[role="alert"]')?.textContent).toBe("Not now, please.");
  });

  it("is not sent where it is too long; how long it is stands beside it", async () => {
    await says(greets);
    await fills(field(), "x".repeat(400));
    expect(card().querySelector(".count")).toBeNull();
    await fills(field(), "x".repeat(1_001));
    expect(card().querySelector(".count.over")?.textContent).toBe("1,001 / 1,000");
    await clicks("Answer");
    expect(heard("answer")).toEqual([]);
    expect(card().querySelector('[role="alert"]')?.textContent).toContain("at most 1,000");
  });

  it("survives a reload, written or sent, and is sent again under its id", async () => {
    await says(greets);
    await fills(field(), "2");
    leave();
    await reopen(lesson);
    await says(greets);
    expect(field()?.value).toBe("2");
    await connectionLost();
    await clicks("Answer");
    expect(card().textContent).toContain("Will be sent when you are online again");
    leave();
    await reopen(lesson);
    await says(greets);
    const [first] = heard("answer");
    expect(first).toMatchObject({ text: "2" });
    await connectionLost();
    await connectionFound();
    await says(greets);
    expect(heard("answer")).toEqual([first]);
  });

  it("that is given in another tab is shown here", async () => {
    await says(greets);
    await fills(field(), "2");
    await says(told({ state: "comparing", said: "3" }));
    expect(card().textContent).toContain("You said3");
    expect(field()).toBeNull();
    expect(classroom.store.hasDrafts).toBe(false);
  });
});

describe("a prediction", () => {
  it("says why it could not be found out", async () => {
    await says(greets);
    await says(told({ state: "not_run", said: "2", message: "The sandbox had to stop." }));
    expect(card().textContent).toContain("The sandbox had to stop.");
    expect(card().textContent).not.toContain("It gave");
  });

  it("is about the program as it was, once that has changed", async () => {
    await says(greets);
    expect(card().textContent).not.toContain("has changed");
    await types("# more\n");
    expect(card().textContent).toContain("Your program has changed since.");
    await says(told({ state: "right", said: "2", gave: "2", stale: true }));
    expect(card().className).toContain("outdated");
  });
});

describe("the focus", () => {
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await says(hello({ steps }));
    await act(() => {
      vi.advanceTimersByTime(1_000);
      draw();
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const asks = () => says({ type: "item", item: asked });

  it("goes to a new question from an empty composer, and on to the answered card", async () => {
    composer().focus();
    await asks();
    expect(document.activeElement).toBe(field());
    await fills(field(), "2");
    await presses(field(), { key: "Enter" });
    expect(document.activeElement).toBe(card());
    const id = heard("answer")[0]?.id ?? "";
    await says({ type: "refused", id, code: "storage", message: "No." });
    expect(document.activeElement).toBe(field());
  });

  it("stays with who is writing, in the editor or to the tutor", async () => {
    editor().focus();
    await asks();
    expect(document.activeElement).toBe(editor().contentDOM);
  });

  it("stays in a composer that holds something", async () => {
    await fills(composer(), "But");
    composer().focus();
    await asks();
    expect(document.activeElement).toBe(composer());
  });
});

it("names its controls", async () => {
  await says(greets);
  expect(document.querySelector(`label[for="${field()?.id}"]`)?.textContent).toBe("It gives");
  expect([button("Answer")?.disabled, button("I don't know")?.disabled]).toEqual([true, false]);
});
