import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { activityOf, nextWordsIn, waitingWords } from "../../src/dialogue/waitingWords";
import type { ToBrowser } from "../../src/protocol/frames";
import { delta, hello, page, run, seen, step, turn, tutor } from "../support/builders";
import { leave, open, says } from "../support/classroom";

const code = step("one", { starter: "start = 1\n" });
const lesson = page(code, step("two"));
const MEANWHILE = "You can run your program or go on writing.";
const online = (...frames: ToBrowser[]) => {
  const state = seen([hello(), ...frames]);
  return { ...state, connection: { state: "online" } as const };
};
const words = (elapsed: number, ...frames: ToBrowser[]) =>
  waitingWords(online(...frames), code, elapsed)?.words;

beforeEach(() => {
  vi.useFakeTimers();
  return open(lesson);
});
afterEach(() => {
  leave();
  vi.useRealTimers();
});

it("says nothing at first, then that the tutor thinks, and later that it still does", () => {
  const thinking = turn(1, "thinking");
  expect(words(399, thinking)).toBeUndefined();
  expect(words(400, thinking)).toBe("The tutor is thinking");
  expect(words(8_000, thinking)).toBe("The tutor is still thinking");
  expect(words(30_000, thinking)).toContain("longer than usual");
  expect([0, 400, 30_000].map((ms) => nextWordsIn("thinking", ms))).toEqual([400, 7_600, null]);
});

it("says what can be done meanwhile, where it can", () => {
  const at = (state = online(turn(1, "thinking")), where = code) =>
    waitingWords(state, where, 500)?.meanwhile;
  expect(at()).toBe(MEANWHILE);
  expect(at({ ...online(turn(1, "thinking")), ownRun: run("mine", { state: "running" }) })).toBe(
    "You can go on writing.",
  );
  expect(at(undefined, step("read", { kind: "explain", starter: "" }))).toBe(
    "You can go on reading.",
  );
});

it("lets the server's own words win, also over how long it takes", () => {
  const queued = turn(1, "thinking", "Many students are asking. You are number 3 in line.");
  expect(words(31_000, queued)).toBe(queued.message);
});

it("says whose program the tutor looks at", () => {
  const changed = (own: boolean) =>
    ({ type: "run_changed", run: run("call.1", { by: "tutor", own, state: "running" }) }) as const;
  const running = turn(1, "running");
  expect(words(0, running, changed(true))).toBe("The tutor is looking at your program");
  expect(words(0, running, changed(false))).toBe("The tutor is trying a program");
  expect(activityOf(online(turn(1, "done")))).toBeNull();
});

it("changes the words on the page as time passes, and tells a screen reader once", async () => {
  const spoken: string[] = [];
  const shown = () => document.querySelector(".doing")?.textContent;
  const said = () => document.querySelector('[aria-label="Announcements"]')?.textContent ?? "";
  await says(hello(), turn(1, "thinking"));
  const pass = async (ms: number) => {
    await act(() => void vi.advanceTimersByTime(ms));
    if (spoken.at(-1) !== said()) {
      spoken.push(said());
    }
  };
  expect(shown()).toBeUndefined();
  await pass(500);
  expect(shown()).toBe("The tutor is thinking");
  expect(document.querySelector(".meanwhile")?.textContent).toBe(MEANWHILE);
  for (let second = 0; second < 40; second += 1) {
    await pass(1_000);
  }
  expect(spoken).toEqual([
    "The tutor is answering",
    "The tutor is still thinking",
    "The tutor is still thinking; this takes longer than usual",
  ]);
  await says(turn(1, "speaking"), delta(1, 1, "What now?"));
  expect(shown()).toBeUndefined();
});

it("says that an answer is asked anew until it is there", async () => {
  const message = "The connection to the tutor was lost before its answer was complete.";
  await says(hello(), turn(1, "speaking"), delta(1, 1, "Half an ans"));
  await says({ ...turn(1, "thinking", message), asked_anew: true });
  expect(document.body.textContent).not.toContain("Half an ans");
  // Once: it is not said besides that the tutor is at that.
  expect(document.querySelector(".chat-scroll")?.textContent?.split(message)).toHaveLength(2);
  expect(document.querySelector(".doing")).toBeNull();
  await says(turn(1, "speaking"), delta(1, 1, "What now?"));
  expect(document.querySelector(".notice")?.textContent).toBe(message);
  await says({ type: "item", item: tutor(2, 1, "What now?") }, turn(1, "done"));
  expect(document.querySelector(".notice")).toBeNull();
});
