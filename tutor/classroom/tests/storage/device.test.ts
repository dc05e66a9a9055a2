import { afterEach, beforeEach, expect, it, vi } from "vitest";

const load = async () => (await import("../../src/storage/device")).deviceName;

beforeEach(() => {
  localStorage.clear();
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

it("is made once for all pages of a browser", async () => {
  const first = (await load())();
  vi.resetModules();
  const second = (await load())();
  expect(second).toBe(first);
  expect(first).toMatch(/^[A-Za-z0-9_-]{8,56}$/);
});

it("is made anew where what is stored is no name", async () => {
  localStorage.setItem("device", "no name&x=1");
  expect((await load())()).toMatch(/^[A-Za-z0-9_-]{8,56}$/);
});

it("is one per page where storage is forbidden", async () => {
  vi.stubGlobal("localStorage", {
    getItem: () => {
      throw new DOMException("no");
    },
  });
  const name = await load();
  expect(name()).toBe(name());
  const own = name();
  vi.resetModules();
  expect((await load())()).not.toBe(own);
});
