import { beforeEach, describe, expect, it } from "vitest";
import { applyEdit, replaceProgram, replaceSeen, replaceShown } from "../../src/program/edits";
import type { UnsavedCopy } from "../../src/program/model";
import { shownCopy } from "../../src/program/workingCopies";
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

beforeEach(() => {
  server = new ProgramServer();
  server.revision = 1;
  server.source = { code: "a", files: {} };
  left = new Map();
  one = open("one");
  other = open("other", new Map());
});

it("keeps what is typed on a program that is not drawn yet apart from it", () => {
  const key = other.program.shown;
  types(one, "b");
  one.save();
  settle(one, other);
  other.program = applyEdit(other.program, key, "", "a", "a!"); // the editor still shows the old one
  other.save();
  settle(one, other);
  expect(server.source.code).toBe("ab");
  expect(other.shown).toBe("a!");
  expect(listed()).toEqual(["a!"]);
});

describe("a text that replaces another one at a stroke", () => {
  const source = (code: string) => ({ code, files: {} });

  it("says what made it until something is typed", () => {
    one.program = replaceShown(one.program, source("start"), "reset");
    expect(shownCopy(one.program)).toMatchObject({ cause: "reset", replaced: source("a") });
    types(one, "!");
    expect(shownCopy(one.program)).toMatchObject({ cause: "typed", replaced: null });
  });

  it("is what the browser keeps with its cause, and with what the server has not got of it", () => {
    one.lose();
    types(one, "b");
    one.replace((now) => replaceShown(now, source("start"), "reset"));
    expect(one.kept).toMatchObject([{ code: "start", cause: "reset", unstored: [source("ab")] }]);
    one.reload();
    one.connect();
    settle(one);
    one.save();
    settle(one);
    expect(server.source.code).toBe("start");
    expect(listed()).toEqual(["ab"]);
  });

  it("leaves nothing beside it where the server has what it replaced", () => {
    types(one, "b");
    one.replace((now) => replaceShown(now, source("start"), "reset"));
    settle(one);
    expect(server.source.code).toBe("start");
    expect(listed()).toEqual([]);
    expect(shownCopy(one.program)?.unstored).toEqual([]);
  });

  it("is the program, where a version was shown", () => {
    other.lose();
    types(other, "c");
    types(one, "b");
    one.save();
    settle(one);
    other.connect();
    settle(one, other);
    other.program = replaceProgram(other.program, source("old"), "restored");
    other.save();
    settle(one, other);
    expect(server.source.code).toBe("old");
    expect(listed()).toEqual(["ac"]);
    expect(other.shown).toBe("old");
  });

  it("replaces no program but the one that was seen", () => {
    types(one, "b");
    one.save();
    settle(one, other);
    other.program = replaceSeen(other.program, source("a and c"), source("a"));
    other.save();
    settle(one, other);
    expect(server.source.code).toBe("ab");
    expect(listed()).toEqual(["a and c"]);
    expect(other.program.diverged).toBe(other.program.shown);
    other.program = replaceSeen(other.program, source("all"), source("ab"));
    other.save();
    settle(one, other);
    expect(server.source.code).toBe("all");
  });
});
