import { beforeEach, describe, expect, it } from "vitest";
import { applyEdit } from "../../src/program/edits";
import { detachedTarget, openProgram, type UnsavedCopy } from "../../src/program/model";
import { otherVersions, requestRestore, showVersion } from "../../src/program/versions";
import { shownCopy } from "../../src/program/workingCopies";
import { needsSending } from "../../src/program/writes";
import { ProgramServer, SimulatedPage, settle, types } from "../support/programServer";

let shelf: ProgramServer;
let left: Map<string, UnsavedCopy[]>;
let one: SimulatedPage;
let other: SimulatedPage;

function open(name: string, store = left): SimulatedPage {
  const page = new SimulatedPage(shelf, name, store);
  page.connect();
  settle(page);
  return page;
}

const listed = () => shelf.program.versions.map(({ source }) => source.code);
const offered = (page: SimulatedPage) =>
  otherVersions(page.program).map(({ source }) => source.code);
const showsProgram = ({ program }: SimulatedPage) => program.shown === program.main;

beforeEach(() => {
  shelf = new ProgramServer();
  shelf.revision = 1;
  shelf.source = { code: "a", files: {} };
  left = new Map();
  one = open("one");
  other = open("other", new Map());
});

describe("a program", () => {
  it("is what the server has, on the first visit", () => {
    expect(one.shown).toBe("a");
    expect(one.kept).toEqual([]);
  });

  it("is followed live while nothing here is unsaved", () => {
    types(one, "b");
    one.save();
    settle(one, other);
    expect(shelf.source.code).toBe("ab");
    expect(other.shown).toBe("ab");
    expect(showsProgram(other)).toBe(true);
    expect(offered(other)).toEqual([]);
  });

  it("is written several times without waiting for an answer", () => {
    for (const letter of "bcd") {
      types(one, letter);
      one.save();
    }
    settle(one, other);
    expect(shelf.source.code).toBe("abcd");
    expect(listed()).toEqual([]);
    expect(one.kept).toEqual([]);
  });

  it("is not sent twice while it is under way, and again after the line was lost", () => {
    types(one, "b");
    one.save();
    const text = shownCopy(one.program);
    expect(text && needsSending(one.program, text)).toBe(false);
    one.connect();
    settle(one);
    expect(shelf.source.code).toBe("ab");
    expect(one.kept).toEqual([]);
  });

  it("goes on where an answer was lost with the line, also over a reload", () => {
    types(one, "b");
    one.save();
    one.connection?.answerNext(); // stored, and the answer never comes
    types(one, "c");
    one.reload();
    one.connect();
    settle(one);
    expect(shelf.source.code).toBe("abc");
    expect(listed()).toEqual([]);
    expect(showsProgram(one)).toBe(true);
  });

  it("is sent when the student goes back to what is saved while an edit is under way", () => {
    types(one, "b");
    one.save();
    one.program = applyEdit(one.program, one.program.shown, "", "ab", "a");
    one.save();
    settle(one);
    expect(shelf.source.code).toBe("a");
  });
});

describe("two pages", () => {
  beforeEach(() => {
    other.lose();
    types(one, "b");
    one.save();
    settle(one);
    types(other, "!"); // one key in an old tab
    other.connect();
    settle(one, other);
  });

  it("replace nothing of each other's", () => {
    expect(shelf.source.code).toBe("ab");
    expect(listed()).toEqual(["a!"]);
    expect(other.shown).toBe("a!");
    expect(other.program.diverged).toBe(other.program.shown);
    expect(offered(one)).toEqual(["a!"]);
    expect(one.program.diverged).toBe(0);
  });

  it("go on each with its own", () => {
    types(other, "?");
    types(one, "c");
    other.save();
    one.save();
    settle(one, other);
    expect(shelf.source.code).toBe("abc");
    expect(listed()).toEqual(["a!?"]);
    expect(offered(one)).toEqual(["a!?"]);
  });

  it("are shown both, each with what was written last", () => {
    types(other, "?");
    const mine = other.program.shown;
    other.program = showVersion(other.program, { id: 0, key: 0 });
    expect(other.shown).toBe("ab");
    expect(other.program.diverged).toBe(0);
    const [choice] = otherVersions(other.program);
    expect(choice?.key).toBe(mine);
    other.program = showVersion(other.program, choice ?? { id: 0, key: 0 });
    expect(other.shown).toBe("a!?");
  });

  it("let the student choose their own, and keep the other one", () => {
    const key = other.program.shown;
    types(other, "?"); // not even saved
    other.program = requestRestore(other.program);
    other.save();
    other.restore();
    settle(one, other);
    expect(shelf.source.code).toBe("a!?");
    expect(listed()).toEqual(["ab"]);
    expect([other.program.shown, other.program.main]).toEqual([key, key]); // with its undo
    expect(offered(other)).toEqual(["ab"]);
    expect(one.shown).toBe("a!?");
    types(other, ".");
    other.save();
    settle(one, other);
    expect(one.shown).toBe("a!?.");
  });

  it("are told why nothing was put back when it had changed again", () => {
    other.program = requestRestore(other.program);
    types(one, "c");
    one.save();
    one.connection?.answerNext(); // before it
    other.restore();
    settle(one, other);
    expect(shelf.source.code).toBe("abc");
    expect(other.program.restoreError).toBe("No.");
    expect(other.shown).toBe("a!");
  });

  it("forget a version that was dismissed, unless it is shown", () => {
    const [choice] = otherVersions(one.program);
    one.connection?.up.push({ type: "dismiss", version: choice?.id ?? 0 });
    settle(one, other);
    expect(offered(one)).toEqual([]);
    expect(other.shown).toBe("a!");
    types(other, "?");
    other.save();
    settle(one, other);
    expect(offered(one)).toEqual(["a!?"]);
    expect(shelf.source.code).toBe("ab");
  });
});

describe("what a page that is gone has left", () => {
  it("goes on as the program where nothing newer is there", () => {
    types(one, "b");
    one.close();
    const next = open("next");
    expect(next.shown).toBe("ab");
    expect(shelf.source.code).toBe("ab");
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
    expect(shelf.source.code).toBe("a!");
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
    expect([shelf.source.code, ...listed()].toSorted()).toEqual(["ab", "ac"]);
    expect(next.kept).toEqual([]);
  });

  it("is written on without waiting for an answer", () => {
    types(one, "b");
    one.close();
    const next = new SimulatedPage(shelf, "next", left);
    next.connect();
    next.deliver();
    for (const letter of "cde") {
      types(next, letter);
      next.save();
      next.connection?.answerNext();
      next.deliver(); // one answer behind
    }
    settle(next);
    expect(shelf.source.code).toBe("abcde");
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
    expect(shelf.source.code).toBe("ab");
    expect(listed()).toEqual(["ac"]);
  });

  it("replaces nothing where its revision has come again with another program", () => {
    types(one, "b");
    one.save();
    settle(one);
    types(one, "c");
    types(other, "?");
    one.close();
    shelf = new ProgramServer(); // the server's database was put back, and somebody has worked on
    shelf.revision = 2;
    shelf.source = { code: "other", files: {} };
    const next = open("next");
    const again = new SimulatedPage(shelf, "again", new Map());
    again.program = openProgram(other.kept.map((copy) => ({ ...copy, base: 2 })));
    again.connect();
    settle(next, again);
    expect(shelf.source.code).toBe("other");
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
    shelf = new ProgramServer(); // the server's database was put back, and somebody has worked on
    shelf.revision = 2;
    shelf.source = { code: "ab", files: {} };
    shelf.keep({ code: "of somebody", files: {} });
    for (const store of [new Map([["gone", kept]]), new Map()]) {
      const next = new SimulatedPage(shelf, "next", store);
      next.program = openProgram(store.size > 0 ? [] : kept);
      next.connect();
      settle(next);
    }
    expect(shelf.source.code).toBe("ab");
    expect(listed().toSorted()).toEqual(["a!?", "of somebody"]);
  });

  it("is never the program where it is of no name, not even of a step without one", () => {
    shelf = new ProgramServer();
    const { base, version } = detachedTarget(0);
    const copy = { code: "old", files: {}, base, version, main: false, shown: false, known: [] };
    left.set("gone", [copy]);
    open("next");
    const again = new SimulatedPage(shelf, "again", new Map());
    again.program = openProgram([{ ...copy, code: "older" }]);
    again.connect();
    settle(again);
    expect(shelf.revision).toBe(0);
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
    expect(shelf.source.code).toBe("abcdefghijklmnopq");
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

it("keeps what is typed on a program that is not drawn yet apart from it", () => {
  const key = other.program.shown;
  types(one, "b");
  one.save();
  settle(one, other);
  other.program = applyEdit(other.program, key, "", "a", "a!"); // the editor still shows the old one
  other.save();
  settle(one, other);
  expect(shelf.source.code).toBe("ab");
  expect(other.shown).toBe("a!");
  expect(listed()).toEqual(["a!"]);
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
    expect(shelf.source.code).toBe("abc");
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
    expect([shelf.source.code, ...listed()].toSorted()).toEqual(["abM", "abV"]);
  });
});
