import { describe, expect, it } from "vitest";
import { mergeSources, mergeTexts } from "../../src/program/merge";

const BASE = "one\ntwo\nthree\nfour\nfive\n";

/** A small generator of its own (mulberry32), so that a case can be had again by its number. */
function chances(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe("over the text that both have come from", () => {
  it("has the changes of both, where they are apart", () => {
    const mine = BASE.replace("one", "ONE");
    const theirs = BASE.replace("five", "FIVE\nsix");
    expect(mergeTexts(BASE, mine, theirs)).toEqual({
      text: "ONE\ntwo\nthree\nfour\nFIVE\nsix\n",
      conflicts: [],
    });
  });

  it("has once what both have changed alike", () => {
    const both = BASE.replace("two", "2\n2.5");
    expect(mergeTexts(BASE, both, both)).toEqual({ text: both, conflicts: [] });
  });

  it("leaves out what one has removed", () => {
    const mine = BASE.replace("two\n", "");
    expect(mergeTexts(BASE, mine, BASE)).toEqual({ text: mine, conflicts: [] });
    expect(mergeTexts(BASE, BASE, mine)).toEqual({ text: mine, conflicts: [] });
  });

  it("has both texts, one after the other, where both have changed the same", () => {
    const mine = BASE.replace("three", "mine\nmore");
    const theirs = BASE.replace("three", "theirs");
    expect(mergeTexts(BASE, mine, theirs)).toEqual({
      text: "one\ntwo\nmine\nmore\ntheirs\nfour\nfive\n",
      conflicts: [{ mine: 2, theirs: 4, end: 5 }],
    });
  });

  it("keeps what is changed here and removed there, as a conflict", () => {
    const { text, conflicts } = mergeTexts(
      BASE,
      BASE.replace("three", "3"),
      "one\ntwo\nfour\nfive\n",
    );
    expect(text).toBe(BASE.replace("three", "3"));
    expect(conflicts).toEqual([{ mine: 2, theirs: 3, end: 3 }]);
  });

  it("has one kind of line end", () => {
    const windows = BASE.replaceAll("\n", "\r\n");
    expect(mergeTexts(windows, `${windows}six\r\n`, BASE.replace("one", "1"))).toEqual({
      text: `${BASE.replace("one", "1")}six\n`,
      conflicts: [],
    });
  });

  it("loses nothing of random changes, and finds no conflict where they are apart", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const chance = chances(seed);
      const lines = Array.from({ length: 20 }, (_, at) => `line ${at % 7}`);
      const [one, two] = [chance(8), 11 + chance(8)];
      const change = (at: number, word: string) =>
        lines.flatMap((line, place) =>
          place === at ? [word, line].slice(0, 1 + chance(2)) : [line],
        );
      const [mine, theirs] = [change(one, "mine"), change(two, "theirs")];
      const { text, conflicts } = mergeTexts(lines.join("\n"), mine.join("\n"), theirs.join("\n"));
      expect(conflicts, `seed ${seed}`).toEqual([]);
      expect(text.split("\n").filter((line) => /mine|theirs/.test(line))).toEqual([
        "mine",
        "theirs",
      ]);
      expect(text.split("\n").length).toBe(mine.length + theirs.length - lines.length);
    }
  });
});

describe("without such a text", () => {
  it("has every line of both, what is common once", () => {
    expect(mergeTexts(null, "a\nb\nc", "a\nx\nc\nd")).toEqual({
      text: "a\nb\nx\nc\nd",
      conflicts: [{ mine: 1, theirs: 2, end: 3 }],
    });
  });

  it("is the other one where one is empty", () => {
    expect(mergeTexts(null, "", "").text).toBe("");
    expect(mergeTexts("", "", BASE)).toEqual({ text: BASE, conflicts: [] });
    expect(mergeTexts(null, BASE, "").text).toContain(BASE);
  });
});

it.each([
  ["lines that are all the same", "x\n", "x\ny\n", "z\nx\n"],
  ["empty lines", "\n", "\n\n ", " \n"],
  ["lines of their own", "", "mine @\n", "theirs @\n"],
])("takes bounded time for the longest programs: %s", (_, ...pieces) => {
  const [base = "", mine = "", theirs = ""] = pieces.map((piece) =>
    Array.from({ length: 64_000 / Math.max(1, piece.length) }, (_one, at) =>
      piece.replace("@", String(at)),
    )
      .join("")
      .slice(0, 64_000),
  );
  const begun = performance.now();
  for (const ancestor of [base, null]) {
    const { text } = mergeTexts(ancestor, mine, theirs);
    expect(text.length).toBeGreaterThan(0);
  }
  expect(performance.now() - begun).toBeLessThan(5_000);
});

it("puts the files beside a program together too", () => {
  const source = (code: string, names: string) => ({ code, files: { "names.txt": names } });
  const base = source("a\n\nb\n", "Ada\n");
  const merged = mergeSources(base, source("A\n\nb\n", "Bo\n"), source("a\n\nB\n", "Cy\n"));
  expect(merged.get("")).toEqual({ text: "A\n\nB\n", conflicts: [] });
  expect(merged.get("names.txt")?.text).toBe("Bo\nCy\n");
  expect(merged.get("names.txt")?.conflicts).toHaveLength(1);
});
