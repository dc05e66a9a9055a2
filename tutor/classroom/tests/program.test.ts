import { expect, it } from "vitest";
import { confirmed, edited, greeted, isDue, isSaved, opened, sending } from "../src/program";

it("is what the server has, on the first visit", () => {
  expect(greeted(opened(null), "x = 1").text).toBe("x = 1");
});

it("is what the student wrote, where the server missed it", () => {
  const program = greeted(opened("x = 2"), "x = 1");
  expect(program.text).toBe("x = 2");
  expect(isDue(program)).toBe(true);
});

it("follows another page of the student's when nothing here is unsaved", () => {
  const program = greeted(greeted(opened(null), "x = 1"), "x = 3");
  expect(program.text).toBe("x = 3");
  expect(isSaved(program)).toBe(true);
});

it("is saved when the last of several edits is confirmed, not before", () => {
  let program = sending(edited(greeted(opened(null), ""), "a"));
  program = sending(edited(program, "ab"));
  program = confirmed(program);
  expect(isSaved(program)).toBe(false);
  expect(isSaved(confirmed(program))).toBe(true);
});

it("is not sent twice while it is under way, and again after the line was lost", () => {
  const program = sending(edited(greeted(opened(null), ""), "a"));
  expect(isDue(program)).toBe(false);
  expect(isDue(greeted(program, ""))).toBe(true);
});

it("is sent when the student goes back to what is saved while an edit is under way", () => {
  const program = edited(sending(edited(greeted(opened(null), ""), "a")), "");
  expect(isDue(program)).toBe(true);
});
