import { useRef, useState } from "preact/hooks";
import { ownProperty } from "../base/records";
import type { Classroom } from "../classroom/classroom";
import { ConfirmDialog } from "../controls/ConfirmDialog";
import { UNSAVED_WARNING } from "../controls/ConnectionStatus";
import { Icon } from "../controls/Icon";
import type { Editor } from "../editor/codeEditor";
import { hasProgram, isEditable } from "../page/pageData";
import { isClean, shownCopy } from "../program/workingCopies";
import { duePrediction, mayCheck, mayRun } from "../state/permissions";
import { PREDICT_FIRST } from "../state/predictionLabels";
import { EditorPane } from "./EditorPane";
import { PredictFirst } from "./PredictFirst";
import { ResultPanels } from "./ResultPanels";
import { VersionDialog, type VersionQuestion } from "./VersionDialog";
import { VersionList } from "./VersionList";

/** The program of the step: write it, run it, see what it prints, have it checked. */
export function CodePanel({ classroom, hidden }: { classroom: Classroom; hidden: boolean }) {
  const { step } = classroom;
  // The program's input by step, where the student has written one; else it is the lesson's.
  const [inputs, setInputs] = useState<Record<string, string>>({});
  const stdin = ownProperty(inputs, step.id) ?? step.stdin;
  const editor = useRef<Editor>(null);
  // The editor lives longer than one drawing and must see the input of now.
  const run = useRef(() => {});
  run.current = () => classroom.run(stdin);
  const problem = classroom.programProblem;
  const [question, ask] = useState<(VersionQuestion & { step: string }) | null>(null);
  const askHere = (one: VersionQuestion) => ask({ ...one, step: step.id });
  const [answers, setAnswers] = useState(0);
  const closed = () => {
    ask(null);
    setAnswers(answers + 1);
  };
  return (
    <>
      <section
        class="panel code-panel"
        id="code"
        aria-label="Code"
        data-hidden={hidden}
        hidden={!hasProgram(step)}
      >
        <CodeHeader classroom={classroom} editor={editor} run={() => run.current()} ask={askHere} />
        {problem && (
          <p class="notice bad" role="alert">
            {problem}
          </p>
        )}
        {classroom.isAtRisk && <p class="notice bad">{UNSAVED_WARNING}</p>}
        <VersionList
          key={step.id}
          classroom={classroom}
          editor={editor}
          ask={askHere}
          answers={answers}
        />
        <EditorPane classroom={classroom} editor={editor} run={() => run.current()} />
        <details class="stdin" hidden={step.kind === "predict" && !step.stdin}>
          <summary>
            Input for the program{stdin && <span class="faint"> · {lineCount(stdin)}</span>}
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
        <PredictFirst classroom={classroom} />
        <ResultPanels classroom={classroom} />
      </section>
      {question?.step === step.id && (
        <VersionDialog classroom={classroom} question={question} closed={closed} />
      )}
    </>
  );
}

function CodeHeader({
  classroom,
  editor,
  run,
  ask,
}: {
  classroom: Classroom;
  editor: { current: Editor | null };
  run: () => void;
  ask: (question: VersionQuestion) => void;
}) {
  const [asking, setAsking] = useState(false);
  const { step } = classroom;
  const mine = isEditable(step);
  const due = duePrediction(classroom.state, step);
  return (
    <header class="panel-head">
      <h2>{mine ? "Your program" : "The program"}</h2>
      <SaveStatus classroom={classroom} />
      {mine && classroom.page.history_url && (
        <button
          type="button"
          class="small quiet"
          title="Earlier versions of your program"
          onClick={() => ask({ about: "history" })}
        >
          <Icon name="history" /> <span class="tool-name">Earlier versions</span>
        </button>
      )}
      {mine && (
        <button type="button" class="small quiet" onClick={() => setAsking(true)}>
          <Icon name="reset" /> Reset
        </button>
      )}
      <button
        type="button"
        class="small primary"
        id="run"
        title={due ? PREDICT_FIRST[due] : "Run the program (Ctrl+Enter or ⌘+Enter)"}
        disabled={!mayRun(classroom.state, step)}
        onClick={run}
      >
        <Icon name="run" /> Run
      </button>
      {step.kind === "code" && (
        <button
          type="button"
          class="small"
          title={due ? PREDICT_FIRST[due] : "Try your program against all cases"}
          disabled={!mayCheck(classroom.state, step)}
          onClick={() => classroom.check()}
        >
          <Icon name="check" /> Check
        </button>
      )}
      <ConfirmDialog
        open={asking}
        title="Start over?"
        text={resetText(step.files.some((file) => file.editable))}
        yes="Replace my program"
        answered={(yes) => {
          setAsking(false);
          if (yes) {
            classroom.resetProgram();
            editor.current?.focus();
          }
        }}
      />
    </header>
  );
}

function resetText(withFiles: boolean): string {
  return withFiles
    ? "Your program and your files are replaced by those the step began with. Undo (Ctrl+Z) brings each back."
    : "Your program is replaced by the one the step began with. Undo (Ctrl+Z) brings it back.";
}

const ELSEWHERE = {
  tab: "Changed in another tab",
  device: "Changed on another device",
  "": "Changed in another tab or on another device",
} as const;

function SaveStatus({ classroom }: { classroom: Classroom }) {
  const program = classroom.programs.stateOf(classroom.step);
  const text = shownCopy(program);
  if (!classroom.state.greeted || !text || !isEditable(classroom.step)) {
    return <span class="saved-mark" />;
  }
  const from = classroom.programs.following.changedFrom(classroom.step.id);
  const kept = classroom.isAtRisk ? "Not saved" : "Kept in this browser";
  const isSaving = classroom.isOnline && !classroom.programProblem;
  const unsaved = isSaving ? "Saving…" : kept;
  const saved = isClean(program, text) ? "Saved" : unsaved;
  return (
    <span class="saved-mark">
      {from === null && saved}
      {/* It was there before, so that what is put into it is read out, and once. */}
      <span role="status" aria-label="Changes elsewhere">
        {from !== null && ELSEWHERE[from]}
      </span>
    </span>
  );
}

function lineCount(text: string): string {
  const count = text.replace(/\n$/, "").split("\n").length;
  return count === 1 ? "1 line" : `${count} lines`;
}
