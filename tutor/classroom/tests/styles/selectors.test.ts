import { expect, it } from "vitest";

const sheets = import.meta.glob<string>("../../src/styles/*.css", {
  query: "?raw",
  import: "default",
  eager: true,
});

// Whatever is inserted below what `:has` looks into has all of that styled anew: with an answer that
// is written, the whole page in every frame.
const WIDE =
  /(?:\.classroom|\.panel|\.chat-[a-z]+|\.dialogue|\.prose|\bmain|\bbody|\bhtml|:root):has\(/;

it.each(Object.keys(sheets))("has no selector that looks into all of the page: %s", (path) => {
  expect(sheets[path]).not.toMatch(WIDE);
});
