import { beforeEach, expect, it } from "vitest";
import { pairOf } from "../../src/history/pair";
import { otherVersions, showVersion } from "../../src/program/versions";
import { ProgramServer, SimulatedPage, settle, types } from "../support/programServer";

const PROGRAM = { id: 0, key: 0 };
let one: SimulatedPage;
let other: SimulatedPage;

const codes = (page: SimulatedPage, choice = PROGRAM) => {
  const pair = pairOf(page.program, choice);
  return pair && [pair.ancestor?.code, pair.mine.code, pair.theirs.code, pair.program.code];
};

beforeEach(() => {
  const server = new ProgramServer();
  server.revision = 1;
  server.source = { code: "a", files: {} };
  one = new SimulatedPage(server, "one", new Map());
  other = new SimulatedPage(server, "other", new Map());
  one.connect();
  other.connect();
  settle(one, other);
});

it("is none where there is one text only", () => expect(codes(one)).toBeNull());

it("has both texts that have parted, and what both have come from", () => {
  types(one, "b");
  one.save();
  types(other, "c");
  settle(one, other);
  expect(codes(other)).toEqual(["a", "ac", "ab", "ab"]);
  other.save();
  settle(one, other);
  expect(codes(other)).toEqual(["a", "ac", "ab", "ab"]);
  const [kept] = otherVersions(one.program);
  expect(kept && codes(one, kept)).toEqual([undefined, "ab", "ac", "ab"]);
  other.program = showVersion(other.program, PROGRAM);
  const [mine] = otherVersions(other.program);
  expect(mine && codes(other, mine)).toEqual(["a", "ab", "ac", "ab"]);
});

it("knows what both have come from where the server said no first", () => {
  types(one, "b");
  types(other, "c");
  one.save();
  other.save();
  settle(one, other);
  expect(codes(other)).toEqual(["a", "ac", "ab", "ab"]);
});

it("knows it after a reload too", () => {
  other.lose();
  types(other, "c");
  types(one, "b");
  one.save();
  settle(one);
  other.reload();
  other.connect();
  settle(one, other);
  expect(codes(other)).toEqual(["a", "ac", "ab", "ab"]);
});
