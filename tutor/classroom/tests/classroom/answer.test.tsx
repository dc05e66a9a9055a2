import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { delta, hello, page, step, turn } from "../support/builders";
import { classroom, leave, open, says } from "../support/classroom";

const lesson = page(step("one", { starter: "start = 1\n" }), step("two"));
beforeEach(() => open(lesson));
afterEach(leave);

it("connects again once where a piece of an answer is missing, and shows all of it", async () => {
  // biome-ignore lint/complexity/useLiteralKeys: it is private
  const reconnect = vi.spyOn(classroom["socket"], "reconnect");
  const running = hello({ turn: turn(1, "thinking") });
  await says(running, delta(1, 1, "What "), delta(1, 1, "?", 3), delta(1, 1, "!", 4));
  expect(reconnect).toHaveBeenCalledTimes(1);
  expect(classroom.state.connection.state).toBe("connecting");
  await says(running, { type: "so_far", turn: 1, request: 1, seq: 4, text: "What now?!" });
  expect(document.querySelector('[aria-label="Tutor, writing"]')?.textContent?.trim()).toBe(
    "What now?!",
  );
  await says(delta(1, 1, "?", 9));
  expect(reconnect).toHaveBeenCalledTimes(1);
});
