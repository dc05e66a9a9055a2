import { describe, expect, it } from "vitest";
import {
  confirmed,
  edited,
  fitted,
  greeted,
  isDue,
  isSaved,
  opened,
  sending,
  started,
  type Work,
  withText,
} from "../src/program";
import { step } from "./cast";

const work = (code: string, files: Record<string, string> = {}): Work => ({ code, files });

it("is what the server has, on the first visit", () => {
  expect(greeted(opened(null), work("x = 1")).work).toEqual(work("x = 1"));
});

it("is what the student wrote, where the server missed it", () => {
  const program = greeted(opened(work("x = 2")), work("x = 1"));
  expect(program.work?.code).toBe("x = 2");
  expect(isDue(program)).toBe(true);
});

it("follows another page of the student's when nothing here is unsaved", () => {
  const program = greeted(greeted(opened(null), work("x = 1")), work("x = 3"));
  expect(program.work?.code).toBe("x = 3");
  expect(isSaved(program)).toBe(true);
});

it("is saved when the last of several edits is confirmed, not before", () => {
  let program = sending(edited(greeted(opened(null), work("")), work("a")));
  program = sending(edited(program, work("ab")));
  program = confirmed(program);
  expect(isSaved(program)).toBe(false);
  expect(isSaved(confirmed(program))).toBe(true);
});

it("is not sent twice while it is under way, and again after the line was lost", () => {
  const program = sending(edited(greeted(opened(null), work("")), work("a")));
  expect(isDue(program)).toBe(false);
  expect(isDue(greeted(program, work("")))).toBe(true);
});

it("is sent when the student goes back to what is saved while an edit is under way", () => {
  const program = edited(sending(edited(greeted(opened(null), work("")), work("a"))), work(""));
  expect(isDue(program)).toBe(true);
});

it("is not saved while only a file beside it has changed", () => {
  const program = greeted(opened(null), work("a", { "names.txt": "Ada" }));
  const changed = edited(program, withText(work("a", { "names.txt": "Ada" }), "names.txt", "Bo"));
  expect(isSaved(changed)).toBe(false);
  expect(isDue(changed)).toBe(true);
});

describe("the files of a program", () => {
  const files = [
    { path: "names.txt", text: "Ada", editable: true },
    { path: "data.csv", text: "1,2", editable: false },
  ];

  it("are exactly those that the student may change", () => {
    const some = work("a", { "data.csv": "changed", "strange.txt": "?" });
    expect(fitted(step("one", { files }), some)).toEqual(work("a", { "names.txt": "Ada" }));
    expect(started(step("one", { files, starter: "s" })).files).toEqual({ "names.txt": "Ada" });
  });

  it("are none where the program is only to be predicted", () => {
    expect(started(step("one", { files, kind: "predict" })).files).toEqual({});
  });
});
