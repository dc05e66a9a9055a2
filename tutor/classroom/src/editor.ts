// The editor: CodeMirror set up for beginners' Python.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import {
  defaultKeymap,
  history,
  historyKeymap,
  indentWithTab,
  isolateHistory,
} from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { Annotation, Compartment, EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

export interface Editor {
  /** Replaces the text; `undoable` as if the student had done it. */
  setText(text: string, undoable?: boolean): void;
  setReadOnly(readOnly: boolean): void;
  focus(): void;
  destroy(): void;
}

interface Options {
  text: string;
  readOnly: boolean;
  changed(text: string): void;
  run(): void;
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

/** Tab indents; Escape, then Tab, leaves the editor (CodeMirror's own way out). */
export function openEditor(parent: HTMLElement, options: Options): Editor {
  const access = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: pressed(options.run) }])),
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
        python(),
        syntaxHighlighting(classHighlighter),
        EditorView.contentAttributes.of({
          "aria-label": "Your program",
          "aria-describedby": "editor-keys",
          autocapitalize: "off",
          spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((one) => one.annotation(loaded))) {
            options.changed(update.state.doc.toString());
          }
        }),
        access.of(EditorState.readOnly.of(options.readOnly)),
      ],
    }),
  });
  return {
    setText(text, undoable = false) {
      if (text !== view.state.doc.toString()) {
        view.dispatch({
          changes: { from: 0, to: view.state.doc.length, insert: text },
          // One undo takes back just this.
          annotations: undoable ? isolateHistory.of("full") : loaded.of(true),
        });
      }
    },
    setReadOnly(readOnly) {
      view.dispatch({ effects: access.reconfigure(EditorState.readOnly.of(readOnly)) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
