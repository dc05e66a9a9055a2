import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";
import { storeAll, unstored } from "../../src/classroom/unstored";
import { hello, page, step, view } from "../support/builders";
import {
  classroom,
  connectionFound,
  connectionLost,
  draw,
  heard,
  leave,
  open,
  saves,
  says,
  types,
} from "../support/classroom";

const lesson = page(step("one"), step("two"));
const greets = hello({ steps: [view("one", { state: "begun" }), view("two")] });

beforeEach(() => open(lesson));
afterEach(leave);

it("sends what is written, and waits until it is stored", async () => {
  await says(greets);
  await types("mine ");
  const left = storeAll(classroom);
  expect(heard("edit")).toHaveLength(1);
  await saves("one", 2);
  expect(await left).toEqual([]);
});

it("names what cannot be stored", async () => {
  await says(greets);
  await connectionLost();
  await types("mine ");
  classroom.say("Why?");
  classroom.saveDraft("two", "It prints 2");
  expect(await storeAll(classroom)).toEqual([
    "your program of “Title of one”",
    "a message to the tutor",
    "what you have written, but not sent",
  ]);
  await connectionFound();
});

it("is nothing any more once the user is gone, and nothing is kept or sent", async () => {
  await says(greets);
  await connectionLost();
  await types("mine ");
  await act(() => {
    classroom.end();
    draw();
  });
  window.dispatchEvent(new Event("pagehide"));
  classroom.saveDraft("two", "It prints 2");
  classroom.say("Why?");
  await connectionFound();
  await says(greets);
  expect(await unstored(classroom)).toEqual([]);
  // But for the name of the browser, which is nobody's.
  localStorage.removeItem("device");
  expect([...Object.keys(localStorage), ...Object.keys(sessionStorage)]).toEqual([]);
  expect([...heard("edit"), ...heard("say")]).toEqual([]);
});
