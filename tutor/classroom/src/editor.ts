// The editor: CodeMirror set up for beginners, with one sheet for each file of each step.

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
import { difference } from "./difference";

/** A file as the editor shows it. Its name is its own among all files of all steps. */
export interface Sheet {
  name: string;
  text: string;
  readOnly: boolean;
  /** For screen readers. */
  label: string;
  language: LanguageSupport | null;
  /** The student has changed this sheet, whichever is shown by now. */
  changed(before: string, after: string): void;
}

export interface Editor {
  /** Shows a sheet: where it was left, with its own undo, and with the text it has by now. */
  show(sheet: Sheet): void;
  /** Replaces the text of the sheet that is shown, as if the student had done it. */
  replace(text: string): void;
  focus(): void;
  destroy(): void;
}

/** A key binding that is the end of the key press. */
function pressed(act: () => void): () => boolean {
  return () => {
    act();
    return true;
  };
}

// Marks a change that did not come from the student.
const loaded = Annotation.define<boolean>();
const access = new Compartment();
const past = new Compartment();

/** Tab indents; Escape, then Tab, leaves the editor (CodeMirror's own way out). */
export function openEditor(parent: HTMLElement, first: Sheet, run: () => void): Editor {
  const left = new Map<string, EditorState>();
  let shown = first.name;
  const view = new EditorView({ parent, state: begin(first, run) });
  return {
    show(sheet) {
      if (sheet.name !== shown) {
        left.set(shown, view.state);
        view.setState(left.get(sheet.name) ?? begin(sheet, run));
        shown = sheet.name;
      }
      follow(view, sheet.text);
      if (sheet.readOnly !== view.state.readOnly) {
        view.dispatch({ effects: access.reconfigure(EditorState.readOnly.of(sheet.readOnly)) });
      }
    },
    replace(text) {
      // One undo takes back just this.
      view.dispatch({ changes: all(view.state, text), annotations: isolateHistory.of("full") });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/**
 * Gives the sheet a text that was written elsewhere. What was done before cannot be undone then: it
 * would make a text of parts of both, which nobody has written.
 */
function follow(view: EditorView, text: string): void {
  const { state } = view;
  if (state.doc.eq(state.toText(text))) {
    return;
  }
  const before = state.doc.toString();
  const changes = state.changes(difference(before, state.toText(text).toString()));
  view.dispatch({
    changes,
    selection: EditorSelection.create([selectionAfter(state, changes)]),
    annotations: [loaded.of(true), Transaction.addToHistory.of(false)],
    effects: past.reconfigure([]),
  });
  view.dispatch({ effects: past.reconfigure(history()) });
}

function all(state: EditorState, insert: string) {
  return { from: 0, to: state.doc.length, insert };
}

/**
 * Where cursor or selection stand after a change that the student has not made: in the same place of
 * the same line. Of what is selected, nobody has seen the new text, so it is selected no longer.
 */
function selectionAfter({ doc, selection }: EditorState, changes: ChangeSet): SelectionRange {
  const { anchor, head, from, to } = selection.main;
  if (from < to && !isTouched(changes, from, to)) {
    return selection.main.map(changes);
  }
  const end = [head, anchor].find((one) => !isTouched(changes, one, one)) ?? head;
  // What is put before a line moves it; what is put elsewhere comes after the cursor.
  return EditorSelection.cursor(changes.mapPos(end, doc.lineAt(end).from === end ? 1 : -1));
}

/** Is anything between these two places changed? What is put right before or after them is not. */
function isTouched(changes: ChangeSet, from: number, to: number): boolean {
  let found = false;
  changes.iterChangedRanges((first, last) => {
    found ||= first < to && last > from;
  });
  return found;
}

function begin(sheet: Sheet, run: () => void): EditorState {
  return EditorState.create({
    doc: sheet.text,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run: pressed(run) }])),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      lineNumbers(),
      past.of(history()),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      sheet.language ?? [],
      syntaxHighlighting(classHighlighter),
      EditorView.contentAttributes.of({
        "aria-label": sheet.label,
        "aria-describedby": "editor-keys",
        autocapitalize: "off",
        spellcheck: "false",
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !update.transactions.some((one) => one.annotation(loaded))) {
          sheet.changed(update.startState.doc.toString(), update.state.doc.toString());
        }
      }),
      access.of(EditorState.readOnly.of(sheet.readOnly)),
    ],
  });
}
