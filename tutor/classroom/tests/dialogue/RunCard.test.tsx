import { render } from "preact";
import { expect, it } from "vitest";
import { RunCard } from "../../src/dialogue/RunCard";
import type { RunView } from "../../src/protocol/frames";
import { run } from "../support/builders";

function card(parts: Partial<RunView>): HTMLElement {
  const box = document.createElement("div");
  render(<RunCard run={run("tutor.1", { by: "tutor", ...parts })} language="python" />, box);
  return box;
}
const texts = (box: HTMLElement, what: string) =>
  [...box.querySelectorAll(what)].map(({ textContent }) => textContent);

it("says whose program was run, and shows the calls beside it with what came", () => {
  const calls = [
    { call: "find(5)", outcome: "None", printed: "looking\n" },
    { call: "find(1)", outcome: "raises ValueError: no", printed: "" },
  ];
  const box = card({ own: true, code: "", state: "ok", calls });
  expect(texts(box, ".run-card-title")).toEqual(["The tutor ran your program"]);
  expect(texts(box, "td")).toEqual([
    "find(5)",
    "None and printedlooking",
    "find(1)",
    calls[1]?.outcome,
  ]);
  expect(texts(box, ".program")).toEqual([]);
});

it("shows of the student's own program what the tutor has put behind it", () => {
  const box = card({ own: true, code: "print(find(5))" });
  expect(texts(box, '[aria-label="Lines the tutor added"]')).toEqual(["print(find(5))"]);
});

it("shows any other program whole, and nothing of one that is not decided yet", () => {
  expect(texts(card({ code: "print(1)" }), '[aria-label="Program"]')).toEqual(["print(1)"]);
  expect(texts(card({ code: "print(1)" }), ".run-card-title")).toEqual(["The tutor ran a program"]);
  expect(texts(card({ code: "", state: "queued" }), ".program")).toEqual([]);
});

it("says why there is no output, folded or not, and never that there was none", () => {
  const message = "What it printed is not shown: it would solve the step.";
  const box = card({ code: "print(1)", state: "ok", message });
  expect(texts(box, ".gist")).toEqual([message]);
  expect(texts(box, ".run-card-body .why")).toEqual([message]);
  expect(texts(box, ".transcript")).toEqual([]);
  expect(box.textContent).not.toContain("printed nothing");
  const calls = [{ call: "find(5)", outcome: "", printed: "" }];
  const beside = card({ own: true, code: "", state: "ok", calls, message });
  expect(texts(beside, ".why")).toEqual([message]);
  expect(texts(beside, ".transcript")).toEqual([]);
});
