import { beforeEach, describe, expect, it } from "vitest";
import { applyEdit } from "../../src/program/edits";
import { detachedTarget, openProgram, type UnsavedCopy } from "../../src/program/model";
import { otherVersions, showVersion } from "../../src/program/versions";
import { ProgramServer, SimulatedPage, settle, types } from "../support/programServer";

let server: ProgramServer;
let left: Map<string, UnsavedCopy[]>;
let one: SimulatedPage;
let other: SimulatedPage;

function open(name: string, store = left): SimulatedPage {
  const page = new SimulatedPage(server, name, store);
  page.connect();
  settle(page);
  return page;
}

const listed = () => server.program.versions.map(({ source }) => source.code);

const offered = (page: SimulatedPage) =>
  otherVersions(page.program).map(({ source }) => source.code);

beforeEach(() => {
  server = new ProgramServer();
  server.revision = 1;
  server.source = { code: "a", files: {} };
  left = new Map();
  one = open("one");
  other = open("other", new Map());
});

describe("what a page that is gone has left", () => {
  it("goes on as the program where nothing newer is there", () => {
    types(one, "b");
    one.close();
    const next = open("next");
    expect(next.shown).toBe("ab");
    expect(server.source.code).toBe("ab");
    expect(next.kept).toEqual([]);
  });

  it("is kept beside what is newer", () => {
    types(one, "b");
    one.close();
    types(other, "!");
    other.save();
    settle(other);
    const next = open("next");
    expect(next.shown).toBe("a!");
    expect(server.source.code).toBe("a!");
    expect(offered(next)).toEqual(["ab"]);
  });

  it("is kept apart where several have left something of the same beginning", () => {
    types(one, "b");
    one.close();
    const two = open("two", new Map());
    types(two, "c");
    left.set("two", two.kept);
    two.lose();
    const next = open("next");
    expect([server.source.code, ...listed()].toSorted()).toEqual(["ab", "ac"]);
    expect(next.kept).toEqual([]);
  });

  it("is written on without waiting for an answer", () => {
    types(one, "b");
    one.close();
    const next = new SimulatedPage(server, "next", left);
    next.connect();
    next.deliver();
    for (const letter of "cde") {
      types(next, letter);
      next.save();
      next.connection?.answerNext();
      next.deliver(); // one answer behind
    }
    settle(next);
    expect(server.source.code).toBe("abcde");
    expect(listed()).toEqual([]);
  });

  it("is not taken for what this page has written itself", () => {
    const two = open("two");
    types(two, "c");
    two.close();
    types(one, "b");
    one.reload();
    one.connect();
    settle(one);
    expect(server.source.code).toBe("ab");
    expect(listed()).toEqual(["ac"]);
  });

  it("replaces nothing where its revision has come again with another program", () => {
    types(one, "b");
    one.save();
    settle(one);
    types(one, "c");
    types(other, "?");
    one.close();
    server = new ProgramServer(); // the server's database was put back, and somebody has worked on
    server.revision = 2;
    server.source = { code: "other", files: {} };
    const next = open("next");
    const again = new SimulatedPage(server, "again", new Map());
    again.program = openProgram(other.kept.map((copy) => ({ ...copy, base: 2 })));
    again.connect();
    settle(next, again);
    expect(server.source.code).toBe("other");
    expect(listed().toSorted()).toEqual(["a?", "abc"]);
  });

  it("replaces no version whose number has come again with another text", () => {
    types(one, "b");
    one.save();
    settle(one);
    types(other, "!");
    other.save();
    settle(other, one); // kept as the first version
    types(other, "?");
    other.close();
    const { kept } = other;
    server = new ProgramServer(); // the server's database was put back, and somebody has worked on
    server.revision = 2;
    server.source = { code: "ab", files: {} };
    server.keep({ code: "of somebody", files: {} });
    for (const store of [new Map([["gone", kept]]), new Map()]) {
      const next = new SimulatedPage(server, "next", store);
      next.program = openProgram(store.size > 0 ? [] : kept);
      next.connect();
      settle(next);
    }
    expect(server.source.code).toBe("ab");
    expect(listed().toSorted()).toEqual(["a!?", "of somebody"]);
  });

  it("is never the program where it is of no name, not even of a step without one", () => {
    server = new ProgramServer();
    const { base, version } = detachedTarget(0);
    const copy = { code: "old", files: {}, base, version, main: false, shown: false, known: [] };
    left.set("gone", [copy]);
    open("next");
    const again = new SimulatedPage(server, "again", new Map());
    again.program = openProgram([{ ...copy, code: "older" }]);
    again.connect();
    settle(again);
    expect(server.revision).toBe(0);
    expect(again.shown).toBe("");
    expect(listed().toSorted()).toEqual(["old", "older"]);
  });

  it("is no version where it was saved unheard and written on elsewhere", () => {
    types(one, "b\n");
    const { kept } = one; // the line breaks before the answer
    one.save();
    one.connection?.answerNext();
    settle(other);
    types(other, "more\n");
    other.save();
    settle(other);
    left.set("one", kept);
    const next = open("next");
    expect(next.shown).toBe("ab\nmore\n");
    expect([listed(), next.kept]).toEqual([[], []]);
  });

  it("keeps the text of its beginning, however often the line was lost since then", () => {
    types(one, "b");
    one.save();
    settle(one);
    for (const letter of "cdefghijklmnopq") {
      types(one, letter);
      one.save();
      one.connect(); // no answer, and nothing has arrived
      one.deliver();
    }
    expect(one.kept[0]?.known.length).toBeLessThan(10);
    one.reload();
    one.connect();
    settle(one);
    expect(server.source.code).toBe("abcdefghijklmnopq");
    expect(listed()).toEqual([]);
  });

  it("replaces nothing where it does not say what it started from", () => {
    const old = { code: "old", files: {}, base: 0, version: 0, main: true, shown: true, known: [] };
    left.set("earlier", [old]);
    const next = open("next");
    expect(next.shown).toBe("a");
    expect(listed()).toEqual(["old"]);
  });
});

describe("two texts of a page that were the same for a moment", () => {
  it("are no longer one, where both were a version", () => {
    types(other, "!");
    types(one, "b");
    one.save();
    settle(one);
    other.save();
    settle(other, one); // other's is a version now
    one.program = showVersion(one.program, otherVersions(one.program)[0] ?? { id: 0, key: 0 });
    types(one, "1"); // of the version, unsaved
    one.program = showVersion(one.program, { id: 0, key: 0 });
    const program = one.program.shown;
    one.program = applyEdit(one.program, program, "", "ab", "a!");
    other.program = showVersion(other.program, { id: 0, key: 0 });
    types(other, "c");
    other.save();
    other.connection?.answerNext();
    one.write(program); // stale by now, and equal to the version
    settle(one, other);
    one.program = applyEdit(one.program, program, "", "a!", "a!2");
    one.save();
    settle(one, other);
    expect(server.source.code).toBe("abc");
    expect(listed().toSorted()).toEqual(["a!1", "a!2"]);
  });

  it("are no longer one, where both were the program", () => {
    other.lose();
    types(one, "b");
    one.save();
    settle(one);
    types(other, "!");
    other.connect();
    other.connection && other.deliver(); // parted: the editor shows its own
    const mine = other.program.shown;
    other.program = applyEdit(other.program, mine, "", "a!", "ab");
    other.connection?.up.splice(0);
    other.program = applyEdit(other.program, other.program.main, "", "ab", "abM");
    other.write(mine);
    settle(one, other);
    other.program = applyEdit(other.program, mine, "", "ab", "abV");
    other.save();
    settle(one, other);
    expect([server.source.code, ...listed()].toSorted()).toEqual(["abM", "abV"]);
  });
});
