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
  Compartment,
  EditorState,
  Prec,
  type Text,
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
      const changes = difference(view.state.doc, view.state.toText(sheet.text));
      if (changes) {
        // What came from the server is not undone.
        view.dispatch({
          changes,
          annotations: [loaded.of(true), Transaction.addToHistory.of(false)],
        });
      }
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

function all(state: EditorState, insert: string) {
  return { from: 0, to: state.doc.length, insert };
}

/**
 * What must be changed to make `now` of `before`: one piece, so that cursor, selection and scroll
 * stay where they are around it. Null if they are the same.
 */
function difference(before: Text, now: Text) {
  if (before.eq(now)) {
    return null;
  }
  const [one, other] = [before.toString(), now.toString()];
  const most = Math.min(one.length, other.length);
  let from = 0;
  while (from < most && one[from] === other[from]) {
    from += 1;
  }
  let tail = 0;
  while (tail < most - from && one.at(-1 - tail) === other.at(-1 - tail)) {
    tail += 1;
  }
  return { from, to: one.length - tail, insert: other.slice(from, other.length - tail) };
}

function begin(sheet: Sheet, run: () => void): EditorState {
  return EditorState.create({
    doc: sheet.text,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run: pressed(run) }])),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      lineNumbers(),
      history(),
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
