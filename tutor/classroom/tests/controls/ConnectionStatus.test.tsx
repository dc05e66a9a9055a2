import { render } from "preact";
import { expect, it } from "vitest";
import { ConnectionStatus } from "../../src/controls/ConnectionStatus";
import { initialState } from "../../src/state/model";

const page = document.createElement("main");

function buttons(greeted: boolean): (string | null)[] {
  const connection = { state: "waiting", until: Date.now() + 5_000 } as const;
  const state = { ...initialState(), greeted, connection };
  render(<ConnectionStatus state={state} retry={() => {}} />, page);
  return [...page.querySelectorAll("button")].map(({ textContent }) => textContent);
}

it("leaves it to the banner to try again, once there has been a connection", () => {
  expect(buttons(false)).toEqual(["Reconnect now"]);
  expect(buttons(true)).toEqual([]);
  render(null, page);
});
