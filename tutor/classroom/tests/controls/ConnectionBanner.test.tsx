import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hello, page, step, student } from "../support/builders";
import {
  button,
  classroom,
  connectionFound,
  connectionLost,
  draw,
  leave,
  open,
  says,
} from "../support/classroom";

const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));
beforeEach(() => open(lesson));
afterEach(() => {
  leave();
  vi.useRealTimers();
});

const words = () => document.querySelector('[aria-label="Recovery"]')?.textContent;
const LOST = "Connection lost. Trying again… What you write is kept in this browser.";

it("says nothing of the first connection", async () => {
  expect(words()).toBe("");
  await says(hello());
  expect(words()).toBe("");
});

it("says that nothing was lost once all is confirmed, and not before; then nothing", async () => {
  vi.useFakeTimers();
  await says(hello());
  await connectionLost();
  expect(words()).toBe(LOST);
  expect(button("Try now")).toBeDefined();
  await act(() => {
    classroom.say("Why?");
    draw();
  });
  await connectionFound();
  expect(words()).toBe(LOST);
  await says(hello());
  expect(words()).toBe("Connected again. What you wrote is being stored…");
  const { id } = classroom.state.unsent[0] ?? { id: "" };
  await says({ type: "accepted", id, item: student(1, 1, "Why?", id) });
  expect(words()).toBe("Reconnected. Nothing was lost.");
  await act(() => void vi.advanceTimersByTime(10_000));
  expect(words()).toBe("");
});

it("does not say that nothing was lost where something was refused", async () => {
  await says(hello());
  await connectionLost();
  await act(() => {
    classroom.say("Why?");
    draw();
  });
  await connectionFound();
  await says(hello());
  const { id } = classroom.state.unsent[0] ?? { id: "" };
  await says({ type: "refused", id, code: "too_fast", message: "Send this again in 9 s." });
  expect(words()).toBe("");
});

it("says that nothing is kept where it is not", async () => {
  await says(hello());
  vi.spyOn(classroom.store, "isPersistent", "get").mockReturnValue(false);
  await connectionLost();
  expect(words()).toContain("Keep this page open");
});

it("counts on though the clock is set", async () => {
  vi.spyOn(Date, "now").mockReturnValue(0);
  await says(hello());
  await connectionLost();
  const { connection } = classroom.state;
  const left = connection.state === "waiting" ? connection.until - performance.now() : Number.NaN;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(1_001);
  vi.restoreAllMocks();
});
