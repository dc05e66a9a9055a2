import { describe, expect, it } from "vitest";
import { initialState } from "../../src/state/model";
import { reduce } from "../../src/state/reducer";
import { hello, seen } from "../support/builders";

it("lets pass what a newer server says and this page does not know", () => {
  const state = seen([hello()]);
  const frame = { type: "weather", sky: "blue" } as never;
  expect(reduce(state, { type: "frame", frame })).toEqual(state);
});

describe("the step that is shown", () => {
  it("is the one of the last visit", () => {
    expect(seen([hello({ step: "two" })]).step).toBe("two");
  });

  it("is the one the student chose, though the server thinks otherwise", () => {
    const early = reduce(initialState([], "one"), {
      type: "step_shown",
      step: "two",
      isText: false,
    });
    expect(seen([hello({ step: "one" })], early).step).toBe("two");
    const later = reduce(seen([hello()]), { type: "step_shown", step: "two", isText: false });
    expect(seen([hello({ step: "one" })], later).step).toBe("two");
  });

  it("is none that the lesson does not have", () => {
    expect(seen([hello({ step: "gone" })]).step).toBe("one");
  });
});

describe("a storage that can store nothing", () => {
  const full = { type: "storage", state: "unavailable", message: "Nothing is stored." } as const;

  it("is shown until it can again", () => {
    const state = seen([hello(), full]);
    expect(state.storage).toEqual(full);
    const over = { type: "storage", state: "available", message: "" } as const;
    expect(seen([over], state).storage.state).toBe("available");
  });

  it("is no longer claimed on another connection", () => {
    const state = reduce(seen([hello(), full]), {
      type: "connection_changed",
      connection: { state: "connecting" },
    });
    expect(state.storage.state).toBe("available");
  });
});
