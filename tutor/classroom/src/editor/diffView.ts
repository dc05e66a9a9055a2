// Two texts beside each other with their differences marked; nothing can be typed.

import { type LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

export interface DiffText {
  readonly text: string;
  /** For screen readers. */
  readonly label: string;
}

// Of lines that are the same in both, so many stand around a difference.
const CONTEXT = { margin: 3, minSize: 6 };
// A text of 64,000 characters of which nothing is the same, is compared coarsely after this.
const DIFF = { scanLimit: 500, timeout: 200 };

/** `isWide`: side by side; else one text, with what is only in `before` above. */
export function openDiff(
  parent: HTMLElement,
  before: DiffText,
  after: DiffText,
  language: LanguageSupport | null,
  isWide: boolean,
): { destroy(): void } {
  const common = { gutter: false, collapseUnchanged: CONTEXT, diffConfig: DIFF };
  if (isWide) {
    const [a, b] = [before, after].map(({ text, label }) => ({
      doc: text,
      extensions: readOnly(label, language),
    })) as [object, object];
    return new MergeView({ ...common, parent, a, b });
  }
  const unified = unifiedMergeView({ ...common, original: before.text, mergeControls: false });
  const label = `${after.label}, with what is only in: ${before.label}`;
  return new EditorView({
    parent,
    doc: after.text,
    extensions: [readOnly(label, language), unified],
  });
}

function readOnly(label: string, language: LanguageSupport | null): Extension {
  return [
    lineNumbers(),
    language ?? [],
    syntaxHighlighting(classHighlighter),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.lineWrapping,
    // It can be reached and scrolled by keyboard all the same.
    EditorView.contentAttributes.of({
      tabindex: "0",
      "aria-label": label,
      "aria-readonly": "true",
    }),
  ];
}
