import { expect, it } from "vitest";
import { codePoints, frameProblem } from "../../src/protocol/frameLimits";
import { LIMITS } from "../../src/protocol/frames";

it("counts characters as the server does", () => {
  expect(codePoints("naïve 🐍")).toBe(7);
});

it("lets pass what just fits", () => {
  const text = "🐍".repeat(LIMITS.MAX_SAY_CHARS);
  expect(frameProblem({ type: "say", id: "12345678", text, code: "", base: 0 })).toBe("");
});

it("says what is too long, and by how much", () => {
  const text = "x".repeat(LIMITS.MAX_SAY_CHARS + 1);
  expect(frameProblem({ type: "say", id: "12345678", text, code: "", base: 0 })).toBe(
    "Your message has 8,001 characters; at most 8,000 can be sent.",
  );
});

it("finds a program that is too long in a message, a run and an edit", () => {
  const code = "x".repeat(LIMITS.MAX_CODE_CHARS + 1);
  expect(frameProblem({ type: "say", id: "12345678", text: "?", code, base: 0 })).toContain(
    "Your program",
  );
  expect(frameProblem({ type: "run", id: "12345678", code, base: 0 })).toContain("Your program");
  expect(frameProblem({ type: "edit", id: "12345678", code, base: 0 })).toContain("Your program");
  expect(frameProblem({ type: "check_code", id: "12345678", code, base: 0 })).toContain(
    "Your program",
  );
});

it("finds a frame that is too large though its parts are not", () => {
  const code = "\u0001".repeat(LIMITS.MAX_CODE_CHARS);
  expect(frameProblem({ type: "run", id: "12345678", code, stdin: code, base: 0 })).toContain(
    "too large",
  );
});

it("names the file that is too long", () => {
  const files = { "names.txt": "x".repeat(LIMITS.MAX_CODE_CHARS + 1) };
  expect(frameProblem({ type: "edit", id: "12345678", code: "", base: 0, files })).toContain(
    "Your file names.txt has 64,001",
  );
});

it("finds a prediction and an answer that are too long", () => {
  const text = "x".repeat(LIMITS.MAX_STDIN_CHARS + 1);
  expect(frameProblem({ type: "predict", id: "12345678", text })).toContain("Your prediction");
  expect(frameProblem({ type: "input", id: "12345678", text })).toContain("Your answer");
});
