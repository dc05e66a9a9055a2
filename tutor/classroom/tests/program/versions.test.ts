import { beforeEach, describe, expect, it } from "vitest";
import type { UnsavedCopy } from "../../src/program/model";
import { otherVersions, requestRestore, showVersion } from "../../src/program/versions";
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
    expect(server.source.code).toBe("ab");
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
    expect(server.source.code).toBe("abc");
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
    expect(server.source.code).toBe("a!?");
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
    expect(server.source.code).toBe("abc");
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
    expect(server.source.code).toBe("ab");
  });
});
