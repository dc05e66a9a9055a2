import { history, isolateHistory, redo, undo } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import {
  historyExtension,
  MAX_HISTORY_CHARS,
  type UndoHistory,
  undoHistory,
} from "../../src/editor/undoHistory";

/** An editor in which these were typed one after the other, each an event of its own. */
function typed(...parts: string[]): EditorState {
  const empty = EditorState.create({ extensions: history() });
  return parts.reduce(
    (state, insert) =>
      state.update({
        changes: { from: state.doc.length, insert },
        selection: { anchor: state.doc.length + insert.length },
        annotations: isolateHistory.of("full"),
      }).state,
    empty,
  );
}

function applied(command: typeof undo, state: EditorState): EditorState {
  let now = state;
  command({
    state,
    dispatch: (transaction) => {
      now = transaction.state;
    },
  });
  return now;
}

/** As it is stored and read again. */
const stored = (state: EditorState): UndoHistory => JSON.parse(JSON.stringify(undoHistory(state)));
const opened = (doc: string, kept: UndoHistory | null) =>
  EditorState.create({ doc, extensions: historyExtension(doc, kept) });
const text = ({ doc }: EditorState) => doc.toString();

describe("the undo history", () => {
  it("goes on where it was, back and forth", () => {
    const state = opened("a\nb\n", stored(applied(undo, typed("a\n", "b\n", "c\n"))));
    expect(text(applied(redo, state))).toBe("a\nb\nc\n");
    expect(text(applied(undo, state))).toBe("a\n");
    expect(text(applied(undo, applied(undo, state)))).toBe("");
    expect(text(applied(redo, applied(undo, state)))).toBe("a\nb\n");
  });

  it("is nothing where nothing was done", () => {
    expect(undoHistory(typed())).toBeNull();
    expect(undoHistory(EditorState.create({ doc: "a" }))).toBeNull();
  });

  it("is dropped where the text is another one", () => {
    expect(text(applied(undo, opened("a\nc\n", stored(typed("a\n", "b\n")))))).toBe("a\nc\n");
  });

  it.each([
    { done: [{}], undone: [] },
    { done: [{ changes: "x", selectionsAfter: [] }], undone: [] },
    { done: [{ changes: [3, [0, "x"]], selectionsAfter: [] }], undone: [] },
    { done: [{ changes: [2, [0, "x"]], startSelection: 7, selectionsAfter: [] }], undone: [] },
    { done: [], undone: [null] },
  ])("is dropped where it does not fit: %j", (events) => {
    const state = opened("ab", { text: "ab", ...events });
    expect(text(applied(redo, applied(undo, state)))).toBe("ab");
    expect(stored(state)).toBeNull();
  });

  it("loses its oldest events where it would be too long, or all where the text is", () => {
    const part = "x".repeat(MAX_HISTORY_CHARS / 4);
    // What is deleted is part of the history.
    let state = typed("first\n", part, "last\n");
    for (const _ of "abcdef") {
      const { doc } = state;
      const annotations = isolateHistory.of("full");
      state = state.update({ changes: { from: 0, to: doc.length }, annotations }).state;
      state = state.update({ changes: { from: 0, insert: part }, annotations }).state;
    }
    const kept = undoHistory(state);
    expect(JSON.stringify(kept).length).toBeLessThan(MAX_HISTORY_CHARS * 1.01);
    const again = opened(part, kept);
    expect(text(applied(undo, again))).toBe("");
    expect(text(applied(undo, applied(undo, again)))).toBe(part);
    expect(undoHistory(typed("y".repeat(MAX_HISTORY_CHARS)))).toBeNull();
  });
});
