import { describe, expect, it } from "vitest";
import {
  groupByDay,
  originLabel,
  placeName,
  sizeLabel,
  timeOfDay,
} from "../../src/history/revisionLabels";
import type { Revision } from "../../src/history/revisions";

const READER = { pages: ["here", "here-before"], device: "laptop" };

function revision(parts: Partial<Revision> = {}): Revision {
  const time = new Date(2026, 10, 28, 10, 30).toISOString();
  return {
    number: 1,
    begun_at: time,
    written_at: time,
    cause: "typed",
    page: "here",
    device: "laptop",
    version: 0,
    chars: 10,
    lines: 2,
    ...parts,
  };
}

const at = (day: number, hour: number) => ({
  written_at: new Date(2026, 10, day, hour).toISOString(),
});

describe("days", () => {
  it("are those of the reader's calendar", () => {
    const revisions = [
      revision({ number: 4, ...at(28, 0) }),
      revision({ number: 3, ...at(27, 23) }),
      revision({ number: 2, ...at(27, 1) }),
      revision({ number: 1, ...at(2, 12) }),
    ];
    const days = groupByDay(revisions, new Date(2026, 10, 28, 1));
    expect(days.map(({ name }) => name).slice(0, 2)).toEqual(["Today", "Yesterday"]);
    expect(days.map((day) => day.revisions.map(({ number }) => number))).toEqual([
      [4],
      [3, 2],
      [1],
    ]);
    expect(days[2]?.name).toMatch(/2026/);
  });

  it("are none where there is nothing", () => expect(groupByDay([], new Date())).toEqual([]));
});

it("tells the time in the reader's way", () => {
  const when = new Date(2026, 10, 28, 10, 30);
  expect(timeOfDay(when.toISOString())).toBe(when.toLocaleTimeString([], { timeStyle: "short" }));
});

it.each([
  [{ page: "here", device: "laptop" }, "in this tab"],
  [{ page: "here-before", device: "laptop" }, "in this tab"],
  [{ page: "other", device: "laptop" }, "in another tab of this browser"],
  [{ page: "other", device: "phone" }, "on another device"],
  [{ page: "", device: "" }, ""],
])("says where it was written: %o", (place, words) => expect(placeName(place, READER)).toBe(words));

it.each([
  ["typed", "Written in this tab"],
  ["reset", "Started over with the lesson’s text in this tab"],
  ["restored", "An earlier one, brought back in this tab"],
  ["merged", "Two versions, put together in this tab"],
  ["something newer", "Written in this tab"],
])("says what made it: %s", (cause, words) =>
  expect(originLabel(revision({ cause }), READER)).toBe(words),
);

it("names the text that the lesson gives", () =>
  expect(originLabel(revision({ number: 0, cause: "", page: "", device: "" }), READER)).toBe(
    "The lesson’s own text",
  ));

it.each([
  [{ lines: 5 }, "3 lines more"],
  [{ lines: 1 }, "1 line fewer"],
  [{ chars: 11 }, "1 character more"],
  [{ chars: 7 }, "3 characters fewer"],
  [{}, "as long as before"],
  [{ version: 3, lines: 1 }, "1 line"],
])("says how much longer it is than the one before: %o", (parts, words) =>
  expect(sizeLabel(revision(parts), revision())).toBe(words),
);

it("says how long the first one is", () =>
  expect(sizeLabel(revision(), undefined)).toBe("2 lines"));
