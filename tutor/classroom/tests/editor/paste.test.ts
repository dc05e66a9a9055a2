import { EditorState, type TransactionSpec } from "@codemirror/state";
import { expect, it } from "vitest";
import { pastedFromElsewhere } from "../../src/editor/paste";

/** What is counted of each change. */
function counted(doc: string, ...changes: TransactionSpec[]): number[] {
  const pasted = pastedFromElsewhere();
  let state = EditorState.create({ doc });
  return changes.map((change) => {
    const transaction = state.update(change);
    state = transaction.state;
    return pasted(transaction);
  });
}

const paste = (insert: string) => ({ changes: { from: 0, insert }, userEvent: "input.paste" });

it("counts what is pasted, in characters, and not what is typed", () => {
  const typed = { changes: { from: 0, insert: "x = 1" }, userEvent: "input.type" };
  expect(counted("a\n", typed, paste("print('😀')\n"))).toEqual([0, 11]);
});

it("does not count what was copied or cut in the file itself", () => {
  const cut = { changes: { from: 0, to: 6 }, userEvent: "delete.cut" };
  expect(counted("first\nsecond\n", paste("second\n"))).toEqual([0]);
  expect(counted("first\nsecond\n", cut, paste("first\n"))).toEqual([0, 0]);
});
