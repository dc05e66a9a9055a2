// CodeMirror's undo history as it can be stored, and made again on the text that it belongs to.

import { history, historyField, redo, undo } from "@codemirror/commands";
import {
  EditorState,
  type Extension,
  type StateCommand,
  type Transaction,
} from "@codemirror/state";

/** A text, and how it came to be: what the editor can undo and redo of it. */
export interface UndoHistory {
  readonly text: string;
  /** Events as CodeMirror writes them, oldest first. */
  readonly done: readonly unknown[];
  readonly undone: readonly unknown[];
}

/** Of one text, its own length included. Older events are left out where there are more. */
export const MAX_HISTORY_CHARS = 200_000;

/** What can be undone and redone now; null if that is nothing, or too much. */
export function undoHistory(state: EditorState): UndoHistory | null {
  const { doc, history: events } = state.toJSON({ history: historyField });
  let room = MAX_HISTORY_CHARS - doc.length;
  const newest = (all: unknown[] = []) => {
    const kept: unknown[] = [];
    for (const event of all.toReversed().flatMap(changesOnly)) {
      room -= JSON.stringify(event).length;
      if (room < 0) {
        break;
      }
      kept.unshift(event);
    }
    return kept;
  };
  const done = newest(events?.done);
  const undone = newest(events?.undone);
  return done.length + undone.length > 0 ? { text: doc, done, undone } : null;
}

/** The history as part of an editor with this text; an empty one where it belongs to another. */
export function historyExtension(text: string, stored: UndoHistory | null): Extension {
  const value = stored && restored(text, stored)?.field(historyField, false);
  return value ? [historyField.init(() => value), history()] : history();
}

// What is stored may be anything: only a history that leads back and forth is one.
function restored(text: string, { text: of, done, undone }: UndoHistory): EditorState | null {
  try {
    if (of !== text) {
      return null;
    }
    const json = { doc: text, selection: { ranges: [{ anchor: 0, head: 0 }], main: 0 } };
    const fields = { history: historyField };
    const config = { extensions: history() };
    const state = EditorState.fromJSON({ ...json, history: { done, undone } }, config, fields);
    // Changes that do not fit throw.
    afterAll(redo, afterAll(undo, state));
    return state;
  } catch {
    return null;
  }
}

function afterAll(command: StateCommand, state: EditorState): EditorState {
  let now = state;
  const dispatch = (transaction: Transaction) => {
    now = transaction.state;
  };
  while (command({ state: now, dispatch })) {}
  return now;
}

/** Events without the selections between them, of which there are many more. */
function changesOnly(event: unknown): unknown[] {
  const { changes, mapped, startSelection } = event as Record<string, unknown>;
  return changes ? [{ changes, mapped, startSelection, selectionsAfter: [] }] : [];
}
