// An answer that is being written, over cuts, reloads and whoever was at it.

import { describe, expect, it } from "vitest";
import type { SoFar, ToBrowser } from "../../src/protocol/frames";
import { delta, hello, seen, turn, tutor } from "../support/builders";

const running = hello({ turn: turn(1, "thinking") });
const soFar = (text: string, seq: number, request = 1): SoFar => ({
  type: "so_far",
  turn: 1,
  request,
  seq,
  text,
});
const anew: ToBrowser = { ...turn(1, "thinking", "It is being asked again."), asked_anew: true };
const text = (...frames: ToBrowser[]) =>
  seen([running, ...frames])
    .writing.map((piece) => piece.text)
    .join("|");

describe("the pieces of an answer", () => {
  it("go on from what was said before the page came", () => {
    expect(text(soFar("What ", 4), delta(1, 1, "now?", 5))).toBe("What now?");
  });

  it("may come several at once", () => {
    expect(text(delta(1, 1, "What ", 3, 1), delta(1, 1, "now?", 5, 4))).toBe("What now?");
  });

  it("count once", () => {
    const pieces = [delta(1, 1, "What ", 1), delta(1, 1, "now?", 2)];
    expect(text(...pieces, ...pieces)).toBe("What now?");
    expect(text(soFar("What now?", 2), ...pieces)).toBe("What now?");
    // Nor is one that comes again taken for one that is missing: the page stays connected.
    expect(seen([running, ...pieces, ...pieces]).answerGap).toBeNull();
  });

  it("are replaced by all of it", () => {
    expect(text(delta(1, 1, "What "), soFar("What now", 3))).toBe("What now");
  });

  it("are not shown after one that is missing, and the turn is named once", () => {
    const gap = [delta(1, 1, "What "), delta(1, 1, "?", 3)];
    const state = seen([running, ...gap]);
    expect(state.writing.map((piece) => piece.text)).toEqual(["What "]);
    expect(state.answerGap).toBe(1);
    // A new connection brings it; a second one for the same turn would bring no more.
    const again = seen([running, soFar("What now?", 3)], state);
    expect([text(soFar("What now?", 3)), again.answerGap]).toEqual(["What now?", 1]);
    expect(seen([hello({ turn: turn(2, "thinking") })], state).answerGap).toBeNull();
    expect(seen([running, delta(1, 1, "late", 2)]).answerGap).toBe(1);
    expect(seen([running, delta(1, 1, "late", 4, 2)]).answerGap).toBe(1);
  });

  it("are counted on where a message was told in the middle of the answer", () => {
    const parted = [delta(1, 1, "Wh"), { type: "item", item: tutor(2, 1, "Wh") }] as ToBrowser[];
    expect(text(...parted)).toBe("");
    expect(text(...parted, delta(1, 1, "at?", 2))).toBe("at?");
    expect(seen([running, ...parted, delta(1, 1, "?", 3)]).answerGap).toBe(1);
  });

  it("keep their room over a new connection, until they are there again", () => {
    const cut = seen([running, delta(1, 1, "What "), running]);
    expect([cut.writing, cut.withdrawnIn]).toEqual([[], 1]);
    expect(seen([running, running]).withdrawnIn).toBeNull();
    expect(
      seen([running, delta(1, 1, "What "), hello({ turn: turn(1, "done") })]).withdrawnIn,
    ).toBe(null);
  });
});

describe("an answer that is asked anew", () => {
  it("leaves nothing of the one before, whose pieces are counted from one again", () => {
    expect(text(delta(1, 1, "Half an ans"), anew)).toBe("");
    expect(text(soFar("Half an ans", 7), anew, delta(1, 1, "New"))).toBe("New");
  });

  it("is said to be so until its turn is over", () => {
    const told = [running, delta(1, 1, "Half"), anew, turn(1, "speaking"), delta(1, 1, "New")];
    const state = seen(told);
    expect(state.askedAnew).toEqual({ turn: 1, message: "It is being asked again." });
    expect(state.withdrawnIn).toBe(1);
    expect(seen([turn(2, "thinking")], state).askedAnew).toBeNull();
    expect(seen([running], state).askedAnew).not.toBeNull();
    expect(seen([hello({ turn: turn(1, "done") })], state).askedAnew).toBeNull();
  });
});
