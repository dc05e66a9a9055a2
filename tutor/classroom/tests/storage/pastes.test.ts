import { beforeEach, expect, it } from "vitest";
import { Pastes } from "../../src/storage/pastes";

const KEY = "1:course/lesson";
beforeEach(() => sessionStorage.clear());

it("keeps the largest paste of each step, also over a reload, and no longer than the user", () => {
  const pastes = new Pastes(KEY, 1);
  pastes.record("one", 20);
  pastes.record("one", 30);
  pastes.record("one", 10);
  pastes.record("two", 0);
  const next = new Pastes(KEY, 1);
  expect([next.of("one"), next.of("two"), next.of("constructor")]).toEqual([30, 0, 0]);
  expect(new Pastes(KEY, 2).of("one")).toBe(0);
  next.close();
  expect(sessionStorage).toHaveLength(0);
});

it.each(["nonsense", "null", "[]", '{"one": "30"}'])("knows of none where it finds %s", (kept) => {
  sessionStorage.setItem(`${KEY}.pastes.1`, kept);
  expect(new Pastes(KEY, 1).of("one")).toBe(0);
});
