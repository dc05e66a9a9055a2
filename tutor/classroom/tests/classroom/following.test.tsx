import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ToBrowser } from "../../src/protocol/frames";
import { hello, page, step, view } from "../support/builders";
import { classroom, draw, leave, open, says, types } from "../support/classroom";

const lesson = page(step("one"));
const BURST_MS = 4_000;

const status = () =>
  document.querySelector('[aria-label="Changes elsewhere"]')?.textContent ?? "nothing";
const mark = () => document.querySelector(".saved-mark")?.textContent;

function changed(revision: number, code: string): ToBrowser {
  return { type: "program", step: "one", revision, code, files: {}, versions: [] };
}

const later = (ms: number) =>
  act(() => {
    vi.advanceTimersByTime(ms);
    draw();
  });

beforeEach(async () => {
  vi.useFakeTimers();
  await open(lesson);
  await says(hello({ steps: [view("one", { code: "a = 1\n" })] }));
});

afterEach(() => {
  leave();
  vi.useRealTimers();
});

it("says where a program that follows is changed from, until nobody writes any more", async () => {
  vi.spyOn(classroom.openPages, "hearsOthers", "get").mockReturnValue(true);
  expect(status()).toBe("");
  await says(changed(2, "a = 12\n"));
  expect(status()).toBe("Changed on another device");
  await later(BURST_MS - 1);
  await says(changed(3, "a = 123\n"));
  await later(BURST_MS - 1);
  expect(status()).toBe("Changed on another device");
  await later(1);
  expect(status()).toBe("");
  expect(mark()).toBe("Saved");
});

it("knows another tab of the browser by what that says", async () => {
  vi.spyOn(classroom.openPages, "lastWritten").mockReturnValue(performance.now());
  await says(changed(2, "a = 12\n"));
  expect(status()).toBe("Changed in another tab");
});

it("says both where the browser cannot tell", async () => {
  await says(changed(2, "a = 12\n"));
  expect(status()).toBe("Changed in another tab or on another device");
});

it("says nothing of what was written here, nor where the program stays", async () => {
  await types("#");
  await says(changed(2, "a = 12\n"));
  expect(status()).toBe("");
});

it("is over when the student goes on here", async () => {
  await says(changed(2, "a = 12\n"));
  await types("#");
  expect(status()).toBe("");
});
