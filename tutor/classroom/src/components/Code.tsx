import { useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import type { Editor } from "../editor";
import { hasProgram, isEditable } from "../page";
import { isClean, shownText } from "../program";
import { own } from "../records";
import { started } from "../work";
import { Confirm } from "./Confirm";
import { NOT_KEPT } from "./Connection";
import { Editing } from "./Editing";
import { Icon } from "./Icon";
import { Results } from "./Results";
import { Versions } from "./Versions";

/** The program of the step: write it, run it, see what it prints, have it checked. */
export function Code({ room, hidden }: { room: Classroom; hidden: boolean }) {
  const { step } = room;
  // What was written for the program to read, by step; else the lesson's.
  const [inputs, setInputs] = useState<Record<string, string>>({});
  const stdin = own(inputs, step.id) ?? step.stdin;
  const editor = useRef<Editor>(null);
  // The editor lives longer than one drawing and must see the input of now.
  const run = useRef(() => {});
  run.current = () => room.run(stdin);
  const problem = room.programProblem;
  return (
    <section
      class="panel code-panel"
      id="code"
      aria-label="Code"
      data-hidden={hidden}
      hidden={!hasProgram(step)}
    >
      <Head room={room} editor={editor} run={() => run.current()} />
      {problem && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      {room.isAtRisk && <p class="notice bad">{NOT_KEPT}</p>}
      <Versions key={step.id} room={room} editor={editor} />
      <Editing room={room} editor={editor} run={() => run.current()} />
      <details class="stdin" hidden={step.kind === "predict" && !step.stdin}>
        <summary>
          Input for the program{stdin && <span class="faint"> · {lines(stdin)}</span>}
        </summary>
        <textarea
          aria-label="Input for the program"
          placeholder="What the program reads, one line for each question. Leave it empty to type while the program runs."
          rows={3}
          value={stdin}
          readOnly={step.kind === "predict"}
          spellcheck={false}
          onInput={(event) => setInputs({ ...inputs, [step.id]: event.currentTarget.value })}
        />
      </details>
      <Results room={room} />
    </section>
  );
}

function Head({
  room,
  editor,
  run,
}: {
  room: Classroom;
  editor: { current: Editor | null };
  run: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const { step } = room;
  const mine = isEditable(step);
  const waits = step.kind === "predict" && room.progress().state !== "done";
  return (
    <header class="panel-head">
      <h2>{mine ? "Your program" : "The program"}</h2>
      <SavedMark room={room} />
      {mine && (
        <button type="button" class="small quiet" onClick={() => setAsking(true)}>
          <Icon name="reset" /> Reset
        </button>
      )}
      <button
        type="button"
        class="small primary"
        id="run"
        title={waits ? "First say what it will print" : "Run the program (Ctrl+Enter or ⌘+Enter)"}
        disabled={!room.mayRun}
        onClick={run}
      >
        <Icon name="run" /> Run
      </button>
      {step.kind === "code" && (
        <button
          type="button"
          class="small"
          title="Try your program against all cases"
          disabled={!room.mayTry}
          onClick={() => room.check()}
        >
          <Icon name="check" /> Check
        </button>
      )}
      <Confirm
        open={asking}
        title="Start over?"
        text={resetText(step.files.some((file) => file.editable))}
        yes="Replace my program"
        answered={(yes) => {
          setAsking(false);
          if (yes) {
            reset(room, editor.current);
          }
        }}
      />
    </header>
  );
}

function resetText(withFiles: boolean): string {
  return withFiles
    ? "Your program and your files are replaced by those the step began with."
    : "Your program is replaced by the one the step began with. Undo (Ctrl+Z) brings it back.";
}

/** Back to what the lesson says; what is shown can be undone. */
function reset(room: Classroom, editor: Editor | null): void {
  const { step } = room;
  const work = started(step);
  if (Object.keys(work.files).length === 0) {
    editor?.replace(work.code);
  } else {
    room.rewrite(work);
  }
  editor?.focus();
}

function SavedMark({ room }: { room: Classroom }) {
  const program = room.programs.of(room.step);
  const text = shownText(program);
  if (!room.state.greeted || !text || !isEditable(room.step)) {
    return <span class="saved-mark" />;
  }
  const kept = room.isAtRisk ? "Not saved" : "Kept in this browser";
  const unsaved = room.isOnline && !room.isAtRisk ? "Saving…" : kept;
  return <span class="saved-mark">{isClean(program, text) ? "Saved" : unsaved}</span>;
}

function lines(text: string): string {
  const count = text.replace(/\n$/, "").split("\n").length;
  return count === 1 ? "1 line" : `${count} lines`;
}
