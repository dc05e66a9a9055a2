// The editor: CodeMirror set up for beginners, with one state for each file of each step.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import {
  defaultKeymap,
  history,
  historyKeymap,
  indentWithTab,
  isolateHistory,
} from "@codemirror/commands";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  type LanguageSupport,
  syntaxHighlighting,
} from "@codemirror/language";
import {
  Annotation,
  type ChangeSet,
  Compartment,
  EditorSelection,
  EditorState,
  Prec,
  type SelectionRange,
  Transaction,
} from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { pastedFromElsewhere } from "./paste";
import { textChanges } from "./textChanges";
import { historyExtension, type UndoHistory, undoHistory } from "./undoHistory";

/** A file as the editor shows it. Its name is unique among all files of all steps. */
export interface EditorContent {
  name: string;
  text: string;
  /** What the text has replaced at the student's wish, so that they can undo it; else null. */
  replaced: string | null;
  readOnly: boolean;
  /** For screen readers. */
  label: string;
  language: LanguageSupport | null;
  /** The student has changed this file, whichever is shown by now. */
  changed(before: string, after: string): void;
  /** So many characters were pasted that do not come from this file; mostly none. */
  pasted(characters: number): void;
  /** Where its undo history outlives the editor. */
  undo?: UndoKeeper | undefined;
}

/** Keeps the undo history of one file. */
export interface UndoKeeper {
  /** What was kept of a file with this text; null if nothing. */
  find(text: string): UndoHistory | null;
  /** Text or history have changed; `history` makes what is to be kept, now or later. */
  changed(history: () => UndoHistory | null): void;
}

export interface Editor {
  /** Shows a file: where it was left, with its own undo, and with the text it has by now. */
  show(content: EditorContent): void;
  focus(): void;
  destroy(): void;
}

/** A key binding that is the end of the key press. */
function consumingKey(act: () => void): () => boolean {
  return () => {
    act();
    return true;
  };
}

const LINE_END = /\r\n?/g;
// Marks a change that did not come from the student.
const remoteChange = Annotation.define<boolean>();
// Marks one that the page has made at the student's wish, and knows.
const ownChange = Annotation.define<boolean>();
const readOnlyCompartment = new Compartment();
const historyCompartment = new Compartment();

/** Tab indents; Escape, then Tab, leaves the editor (CodeMirror's own way out). */
export function openEditor(parent: HTMLElement, first: EditorContent, run: () => void): Editor {
  const left = new Map<string, EditorState>();
  let shown = first.name;
  const view = new EditorView({ parent, state: initialState(first, run) });
  return {
    show(content) {
      if (content.name !== shown) {
        left.set(shown, view.state);
        view.setState(left.get(content.name) ?? initialState(content, run));
        shown = content.name;
      }
      if (content.replaced === null) {
        applyRemoteText(view, content.text);
      } else {
        applyOwnText(view, content.text);
      }
      if (content.readOnly !== view.state.readOnly) {
        view.dispatch({
          effects: readOnlyCompartment.reconfigure(EditorState.readOnly.of(content.readOnly)),
        });
      }
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/**
 * Gives the file a text that was written elsewhere. What was done before cannot be undone then: it
 * would make a text of parts of both, which nobody has written.
 */
function applyRemoteText(view: EditorView, text: string): void {
  const { state } = view;
  if (state.doc.eq(state.toText(text))) {
    return;
  }
  const before = state.doc.toString();
  const changes = state.changes(textChanges(before, state.toText(text).toString()));
  view.dispatch({
    changes,
    selection: EditorSelection.create([selectionAfter(state, changes)]),
    annotations: [remoteChange.of(true), Transaction.addToHistory.of(false)],
    effects: historyCompartment.reconfigure([]),
  });
  view.dispatch({ effects: historyCompartment.reconfigure(history()) });
}

/** Gives the file a text that the student has chosen instead. One undo takes back just this. */
function applyOwnText(view: EditorView, text: string): void {
  const { state } = view;
  const changes = textChanges(state.doc.toString(), state.toText(text).toString());
  if (changes.length > 0) {
    view.dispatch({ changes, annotations: [ownChange.of(true), isolateHistory.of("full")] });
  }
}

/**
 * Cursor or selection after a change that the student has not made: in the same place of
 * the same line. Of what is selected, nobody has seen the new text, so it is selected no longer.
 */
function selectionAfter({ doc, selection }: EditorState, changes: ChangeSet): SelectionRange {
  const { anchor, head, from, to } = selection.main;
  if (from < to && !overlapsChange(changes, from, to)) {
    return selection.main.map(changes);
  }
  const end = [head, anchor].find((one) => !overlapsChange(changes, one, one)) ?? head;
  // What is put before a line moves it; what is put elsewhere comes after the cursor.
  return EditorSelection.cursor(changes.mapPos(end, doc.lineAt(end).from === end ? 1 : -1));
}

/** Is anything between these two places changed? What is put right before or after them is not. */
function overlapsChange(changes: ChangeSet, from: number, to: number): boolean {
  let found = false;
  changes.iterChangedRanges((first, last) => {
    found ||= first < to && last > from;
  });
  return found;
}

function isKnown(change: Transaction): boolean {
  return (change.annotation(remoteChange) ?? change.annotation(ownChange)) !== undefined;
}

function initialState(content: EditorContent, run: () => void): EditorState {
  const pasted = pastedFromElsewhere();
  // As the editor holds it.
  const text = (content.replaced ?? content.text).replace(LINE_END, "\n");
  return EditorState.create({
    doc: text,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run: consumingKey(run) }])),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      lineNumbers(),
      historyCompartment.of(historyExtension(text, content.undo?.find(text) ?? null)),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      content.language ?? [],
      syntaxHighlighting(classHighlighter),
      EditorView.contentAttributes.of({
        "aria-label": content.label,
        "aria-describedby": "editor-keys",
        autocapitalize: "off",
        spellcheck: "false",
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !update.transactions.some(isKnown)) {
          content.changed(update.startState.doc.toString(), update.state.doc.toString());
          content.pasted(Math.max(...update.transactions.map(pasted)));
        }
        if (update.docChanged) {
          content.undo?.changed(() => undoHistory(update.state));
        }
      }),
      readOnlyCompartment.of(EditorState.readOnly.of(content.readOnly)),
    ],
  });
}
