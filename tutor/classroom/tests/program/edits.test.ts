import { beforeEach, expect, it } from "vitest";
import { applyEdit } from "../../src/program/edits";
import type { UnsavedCopy } from "../../src/program/model";
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
