import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { type Editor, openEditor } from "../editor";
import { isSaved } from "../program";
import { Confirm } from "./Confirm";
import { Icon } from "./Icon";
import { Output } from "./Output";

/** The student's program: write it, run it, see what it prints. */
export function Code({ room, hidden }: { room: Classroom; hidden: boolean }) {
  const [stdin, setStdin] = useState("");
  const [asking, setAsking] = useState(false);
  const editor = useRef<Editor>(null);
  // The editor lives longer than one drawing and must see the input of now.
  const run = useRef(() => {});
  run.current = () => room.run(stdin);
  const problem = room.programProblem;
  return (
    <section class="panel code-panel" id="code" aria-label="Code" data-hidden={hidden}>
      <header class="panel-head">
        <h2>Your program</h2>
        <SavedMark room={room} />
        <button type="button" class="small quiet" onClick={() => setAsking(true)}>
          <Icon name="reset" /> Reset
        </button>
        <button
          type="button"
          class="small primary"
          title="Run your program (Ctrl+Enter or ⌘+Enter)"
          disabled={!room.mayRun}
          onClick={() => run.current()}
        >
          <Icon name="run" /> Run
        </button>
      </header>
      {problem && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      <EditorBox room={room} editor={editor} run={() => run.current()} />
      <details class="stdin">
        <summary>
          Input for the program{stdin && <span class="faint"> · {lines(stdin)}</span>}
        </summary>
        <textarea
          aria-label="Input for the program"
          placeholder="What input() reads, one line for each call"
          rows={3}
          value={stdin}
          spellcheck={false}
          onInput={(event) => setStdin(event.currentTarget.value)}
        />
      </details>
      <Output
        run={room.state.ownRun}
        online={room.state.link.state === "online"}
        stop={() => room.stopRun()}
      />
      <Confirm
        open={asking}
        title="Start over?"
        text="Your program is replaced by the one the lesson began with. Undo (Ctrl+Z) brings it back."
        yes="Replace my program"
        answered={(yes) => {
          setAsking(false);
          if (yes) {
            editor.current?.setText(room.page.starter, true);
            editor.current?.focus();
          }
        }}
      />
    </section>
  );
}

function EditorBox({
  room,
  editor,
  run,
}: {
  room: Classroom;
  editor: { current: Editor | null };
  run: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  // Asked for when it is used: between drawing and effect the student may have typed on.
  const text = () => room.program.text ?? room.page.starter;
  // Until the server has said what the student's program is, nothing typed could be kept.
  const readOnly = room.program.text === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: opened once; later changes go through the two effects below
  useLayoutEffect(() => {
    if (box.current) {
      editor.current = openEditor(box.current, {
        text: text(),
        readOnly,
        changed: (now) => room.edit(now),
        run,
      });
    }
    return () => editor.current?.destroy();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the program, whoever made it
  useLayoutEffect(() => editor.current?.setText(text()), [room.program.text]);
  useLayoutEffect(() => editor.current?.setReadOnly(readOnly), [readOnly, editor]);
  return (
    <>
      <div class="editor" ref={box} />
      <p class="sr-only" id="editor-keys">
        Tab indents. To leave the editor, press Escape, then Tab. Ctrl or Command with Enter runs
        the program.
      </p>
    </>
  );
}

function SavedMark({ room }: { room: Classroom }) {
  const { link, greeted } = room.state;
  if (!greeted || room.program.text === null) {
    return <span class="saved-mark" />;
  }
  const unsaved = link.state === "online" ? "Saving…" : "Kept in this browser";
  return <span class="saved-mark">{isSaved(room.program) ? "Saved" : unsaved}</span>;
}

function lines(text: string): string {
  const count = text.replace(/\n$/, "").split("\n").length;
  return count === 1 ? "1 line" : `${count} lines`;
}
