import { render } from "preact";
import { afterEach, expect, it } from "vitest";
import { GrowingMarkdown, Markdown } from "../../src/text/Markdown";

const page = document.createElement("main");
afterEach(() => render(null, page));

const answer = "Look at **this**:\n\n- one\n- two\n\nWhat does it print?";

function draw(stored: string, written: string): void {
  render(
    <>
      {stored && <Markdown text={stored} />}
      {written && <GrowingMarkdown text={written} />}
    </>,
    page,
  );
}

it("goes on with the elements of an answer once it is stored", () => {
  draw("", answer.slice(0, -1));
  draw("", answer);
  const blocks = [...page.querySelectorAll(".prose > div")];
  const html = page.innerHTML;
  draw(answer, "");
  expect(page.innerHTML).toBe(html);
  page.querySelectorAll(".prose > div").forEach((block, index) => {
    expect(block).toBe(blocks[index]);
  });
  // And stays so, whatever else is drawn.
  draw(answer, "");
  expect(page.innerHTML).toBe(html);
});

it("draws what was stored of another text by itself", () => {
  draw("", "Something that was withdrawn.");
  const [block] = page.querySelectorAll(".prose > div");
  draw(answer, "");
  expect(page.querySelector(".prose > div")).not.toBe(block);
  expect(page.textContent).not.toContain("withdrawn");
  expect(page.querySelectorAll("li")).toHaveLength(2);
});

it("keeps nothing of an answer that is gone", async () => {
  draw("", answer);
  const [block] = page.querySelectorAll(".prose > div");
  draw("", "");
  await Promise.resolve();
  draw(answer, "");
  expect(page.querySelector(".prose > div")).not.toBe(block);
  expect(page.querySelectorAll("li")).toHaveLength(2);
});

it("colours a long program once it is whole", () => {
  const program = "total = sum(range(days))\n".repeat(100);
  const open = `Look:\n\n\`\`\`python\n${program}`;
  draw("", open.slice(0, 200));
  expect(page.querySelector("code span")).not.toBeNull();
  draw("", open);
  expect(page.querySelector("code span")).toBeNull();
  expect(page.querySelector("code")?.textContent).toBe(program);
  draw("", `${open}\`\`\`\n`);
  expect(page.querySelector("code span")).not.toBeNull();
  draw("", open);
  // Stopped in the middle of it.
  draw(open, "");
  expect(page.querySelector("code span")).not.toBeNull();
});
