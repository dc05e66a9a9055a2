// A text put together of two, to be mended: where both stand, each has its name above it.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { indentUnit, type LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import { EditorState, type Range, StateField, type Text } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  lineNumbers,
  WidgetType,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/** A run of lines of one side, from 0; `to` is beyond it. */
export interface MarkedLines {
  readonly side: "mine" | "theirs";
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface MergeContent {
  readonly text: string;
  readonly marks: readonly MarkedLines[];
  /** For screen readers. */
  readonly label: string;
  readonly language: LanguageSupport | null;
  changed(text: string): void;
}

export function openMergeEditor(parent: HTMLElement, content: MergeContent): EditorView {
  const marks = StateField.define<DecorationSet>({
    create: ({ doc }) => decorations(doc, content.marks),
    update: (value, { changes }) => value.map(changes),
    provide: (field) => EditorView.decorations.from(field),
  });
  const extensions = [
    keymap.of([...defaultKeymap, ...historyKeymap]),
    history(),
    lineNumbers(),
    indentUnit.of("    "),
    content.language ?? [],
    syntaxHighlighting(classHighlighter),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      "aria-label": content.label,
      autocapitalize: "off",
      spellcheck: "false",
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) {
        content.changed(update.state.doc.toString());
      }
    }),
    marks,
  ];
  return new EditorView({ parent, state: EditorState.create({ doc: content.text, extensions }) });
}

class SideName extends WidgetType {
  constructor(private readonly mark: MarkedLines) {
    super();
  }

  override eq({ mark }: SideName): boolean {
    return mark.name === this.mark.name && mark.side === this.mark.side;
  }

  override toDOM(): HTMLElement {
    const name = document.createElement("div");
    name.className = `cm-side-name cm-${this.mark.side}`;
    name.textContent = this.mark.name;
    return name;
  }
}

function decorations(doc: Text, marks: readonly MarkedLines[]): DecorationSet {
  const found: Range<Decoration>[] = marks.flatMap((mark) => {
    const at = (line: number) => doc.line(Math.min(line + 1, doc.lines)).from;
    const name = Decoration.widget({ widget: new SideName(mark), block: true, side: -1 });
    const lines = Array.from({ length: mark.to - mark.from }, (_, index) =>
      Decoration.line({ class: `cm-${mark.side}` }).range(at(mark.from + index)),
    );
    return [name.range(at(mark.from)), ...lines];
  });
  return Decoration.set(found, true);
}
