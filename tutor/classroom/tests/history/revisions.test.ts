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

it("says what the server says of it, and what to do where one is logged out", async () => {
  answers(403, { error: "You are not enrolled." });
  await expect(fetchRevisions(URL, "one")).rejects.toThrow("You are not enrolled.");
  answers(404, { error: "There is no program." });
  await expect(fetchRevisions(URL, "one")).rejects.toThrow("There is no program.");
  answers(401, { error: "You are not logged in." });
  await expect(fetchRevisions(URL, "one")).rejects.toThrow(/Log in again in another tab/);
});

it("has words of its own for what the server does not explain", async () => {
  answers(500, { error: { code: 1 } });
  await expect(fetchRevisions(URL, "one")).rejects.toThrow(/could not answer/);
  vi.stubGlobal("fetch", async () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await expect(fetchRevisions(URL, "one")).rejects.toThrow(/could not answer/);
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
