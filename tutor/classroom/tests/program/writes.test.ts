import { beforeEach, describe, expect, it } from "vitest";
import { applyEdit } from "../../src/program/edits";
import type { UnsavedCopy } from "../../src/program/model";
import { otherVersions } from "../../src/program/versions";
import { shownCopy } from "../../src/program/workingCopies";
import { needsSending } from "../../src/program/writes";
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

const showsProgram = ({ program }: SimulatedPage) => program.shown === program.main;

beforeEach(() => {
  server = new ProgramServer();
  server.revision = 1;
  server.source = { code: "a", files: {} };
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
    expect(server.source.code).toBe("ab");
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
    expect(server.source.code).toBe("abcd");
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
    expect(server.source.code).toBe("ab");
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
    expect(server.source.code).toBe("abc");
    expect(listed()).toEqual([]);
    expect(showsProgram(one)).toBe(true);
  });

  it("is sent when the student goes back to what is saved while an edit is under way", () => {
    types(one, "b");
    one.save();
    one.program = applyEdit(one.program, one.program.shown, "", "ab", "a");
    one.save();
    settle(one);
    expect(server.source.code).toBe("a");
  });
});
