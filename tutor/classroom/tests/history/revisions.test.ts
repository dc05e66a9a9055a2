import { expect, it, vi } from "vitest";
import { fetchRevisions, fetchSource } from "../../src/history/revisions";

const URL = "/lessons/course/lesson/history/";

function answers(status: number, body: unknown = {}) {
  const fetch = vi.fn(async () => new Response(JSON.stringify(body), { status }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

it("asks for the step, and leaves out what is no entry", async () => {
  const entry = {
    number: 2,
    begun_at: "2026-11-28T10:00:00Z",
    written_at: "2026-11-28T10:00:30Z",
    cause: "typed",
    page: "p",
    device: "d",
    version: 0,
    chars: 3,
    lines: 1,
  };
  const fetch = answers(200, { revisions: [entry, { number: "x" }, null] });
  expect(await fetchRevisions(URL, "a/b")).toEqual([entry]);
  expect(fetch).toHaveBeenCalledWith(
    `${URL}a%2Fb`,
    expect.objectContaining({ redirect: "manual", signal: expect.any(AbortSignal) }),
  );
});

it("has the text of an entry", async () => {
  answers(200, { number: 2, code: "a = 1\n", files: { "n.txt": "Ada" } });
  expect(await fetchSource(URL, "one", 2)).toEqual({ code: "a = 1\n", files: { "n.txt": "Ada" } });
});

it.each([
  [401, /logged out/],
  [403, /logged out/],
  [404, /does not have this/],
  [500, /could not answer/],
])("says what became of it: %i", async (status, words) => {
  answers(status, { error: "No." });
  await expect(fetchRevisions(URL, "one")).rejects.toThrow(words);
});

it.each([
  [new TypeError("Failed to fetch"), /no connection/],
  [new DOMException("Late.", "TimeoutError"), /too long/],
  [new SyntaxError("Not JSON"), /could not answer/],
])("says why there was no answer: %s", async (error, words) => {
  vi.stubGlobal("fetch", () => Promise.reject(error));
  await expect(fetchSource(URL, "one", 1)).rejects.toThrow(words);
});

it("takes no answer that says something else", async () => {
  answers(200, { revisions: "none" });
  await expect(fetchRevisions(URL, "one")).rejects.toThrow(/could not answer/);
  answers(200, { code: 1 });
  await expect(fetchSource(URL, "one", 1)).rejects.toThrow(/could not answer/);
});
