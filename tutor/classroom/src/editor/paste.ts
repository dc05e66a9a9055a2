// What is pasted into a file from elsewhere: not what was copied or cut in the file itself.

import type { Text, Transaction } from "@codemirror/state";

/** Counts the characters that a transaction of a file pastes. Call it with each one, in order. */
export function pastedFromElsewhere(): (change: Transaction) => number {
  let lastCut = "";
  return (change) => {
    const before = change.startState.doc;
    if (change.isUserEvent("delete.cut")) {
      lastCut = removedText(change);
    }
    if (!change.isUserEvent("input.paste")) {
      return 0;
    }
    const text = insertedText(change);
    const isOwn = contains(before, text) || contains(lastCut, text);
    return isOwn ? 0 : [...text].length;
  };
}

function contains(whole: Text | string, text: string): boolean {
  return text.trim() === "" || whole.toString().includes(text.trim());
}

function insertedText({ changes }: Transaction): string {
  const all: string[] = [];
  changes.iterChanges((_from, _to, _fromNew, _toNew, inserted) => all.push(inserted.toString()));
  return all.join("");
}

function removedText({ changes, startState }: Transaction): string {
  const all: string[] = [];
  changes.iterChanges((from, to) => all.push(startState.sliceDoc(from, to)));
  return all.join("");
}
