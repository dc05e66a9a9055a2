import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import type { Editor } from "../editor/codeEditor";
import { isEditable } from "../page/pageData";
import type { ProgramState, ProgramVersion, VersionChoice } from "../program/model";
import { isDismissed, otherVersions } from "../program/versions";
import { shownCopy } from "../program/workingCopies";
import type { VersionQuestion } from "./VersionDialog";
import { divergedNotice, listedVersion, versionName, versionPreview } from "./versionLabels";

// A dismissed version is offered once more for this long.
const UNDO_WITHIN_MS = 30_000;

/** The versions of a step that has more than its program, with a choice between them. */
export function VersionList({
  classroom,
  editor,
  ask,
  answers,
}: {
  classroom: Classroom;
  editor: { current: Editor | null };
  ask: (question: VersionQuestion) => void;
  /** Grows when a dialog that was asked for is closed: the button that has the focus then may go away. */
  answers: number;
}) {
  const program = classroom.programs.stateOf(classroom.step);
  const box = useRef<HTMLElement>(null);
  // The button that was pressed may go away; the focus stays here, or goes on to the editor.
  const [pressed, setPressed] = useState(false);
  const known = useRef(answers);
  useEffect(() => {
    if (known.current !== answers) {
      known.current = answers;
      setPressed(true);
    }
  }, [answers]);
  const all = isEditable(classroom.step) ? otherVersions(program) : [];
  const isBeside = isEditable(classroom.step) && program.shown !== program.main;
  useEffect(() => {
    if (pressed && document.activeElement === document.body) {
      if (box.current) {
        // It may go away as well, once the server has answered.
        box.current.focus();
      } else {
        setPressed(false);
        editor.current?.focus();
      }
    }
  });
  useEffect(() => {
    if (!pressed) {
      return;
    }
    // Whatever the student does next, the focus is where they want it.
    const done = () => setPressed(false);
    document.addEventListener("pointerdown", done, true);
    document.addEventListener("keydown", done, true);
    return () => {
      document.removeEventListener("pointerdown", done, true);
      document.removeEventListener("keydown", done, true);
    };
  }, [pressed]);
  const act = (what: () => void) => {
    setPressed(true);
    what();
  };
  const show = (choice: VersionChoice) =>
    act(() => classroom.programs.showVersion(classroom.step.id, choice));
  return (
    (isBeside || all.length > 0 || program.dismissed) && (
      <section
        class="notice versions"
        aria-label="Versions of your program"
        tabIndex={-1}
        ref={box}
      >
        {isBeside && <ShownVersion classroom={classroom} program={program} act={act} ask={ask} />}
        <ul aria-label={`Other versions: ${all.length}`}>
          {all.map((one) => (
            <KeptVersion
              key={`${one.key} ${one.id}`}
              classroom={classroom}
              version={one}
              show={show}
              act={act}
              ask={isBeside ? null : ask}
            />
          ))}
        </ul>
        {program.dismissed && (
          <DismissedVersion
            key={program.dismissed.id}
            classroom={classroom}
            program={program}
            act={act}
          />
        )}
        {program.restoreError && <p role="alert">{program.restoreError}</p>}
      </section>
    )
  );
}

/** The version in the editor, where it is not the program. */
function ShownVersion({
  classroom,
  program,
  act,
  ask,
}: {
  classroom: Classroom;
  program: ProgramState;
  act: (what: () => void) => void;
  ask: (question: VersionQuestion) => void;
}) {
  const { shown, diverged, restoreRequested, restoreId } = program;
  const copy = shownCopy(program);
  const isGone = copy !== undefined && isDismissed(program, copy);
  const words =
    diverged === shown
      ? `${divergedNotice(classroom)} You see the one that you wrote here.`
      : `You see ${versionName(listedVersion(program))} instead of your program.`;
  return (
    <div class="version other">
      <p class="version-words">
        {words}
        {isGone &&
          " It was dismissed or changed on another page. If you change it, it is kept again."}
      </p>
      <span class="version-buttons">
        <button
          type="button"
          class="small primary"
          title="See both beside each other, and choose or put them together"
          onClick={() => ask({ about: "other", other: { id: 0, key: 0 } })}
        >
          Compare
        </button>
        <button
          type="button"
          class="small"
          title="Make this one your program; the other one is kept"
          disabled={!classroom.isOnline || restoreRequested !== 0 || restoreId !== ""}
          onClick={() => act(() => classroom.programs.restoreShown(classroom.step.id))}
        >
          Use this one
        </button>
        <button
          type="button"
          class="small"
          onClick={() =>
            act(() => classroom.programs.showVersion(classroom.step.id, { id: 0, key: 0 }))
          }
        >
          {diverged === shown ? "Show the other one" : "Show my program"}
        </button>
        {isGone && (
          <button
            type="button"
            class="small"
            onClick={() => act(() => classroom.programs.keepShown(classroom.step.id))}
          >
            Keep it
          </button>
        )}
      </span>
    </div>
  );
}

/** A version that is not shown. */
function KeptVersion({
  classroom,
  version,
  show,
  act,
  ask,
}: {
  classroom: Classroom;
  version: ProgramVersion & VersionChoice;
  show: (choice: VersionChoice) => void;
  act: (what: () => void) => void;
  /** Null where what is shown is no program that it could be compared with. */
  ask: ((question: VersionQuestion) => void) | null;
}) {
  const line = versionPreview(classroom, version);
  const name = line ? `${versionName(version)}, ${line}` : versionName(version);
  return (
    <li class="version">
      <p class="version-words">
        {versionName(version).replace(/^the/, "A")} is kept{line ? ": " : "."}
        {line && <code>{line}</code>}
      </p>
      <span class="version-buttons">
        <button type="button" class="small" onClick={() => show(version)}>
          Show it<span class="sr-only">: {name}</span>
        </button>
        {ask && (
          <button
            type="button"
            class="small"
            onClick={() => ask({ about: "other", other: version })}
          >
            Compare<span class="sr-only">: {name}</span>
          </button>
        )}
        {version.writtenAt && (
          <button
            type="button"
            class="small quiet"
            title="Take it from this list"
            disabled={!classroom.isOnline}
            onClick={() =>
              act(() => classroom.programs.dismissVersion(classroom.step.id, version.id))
            }
          >
            Dismiss<span class="sr-only">: {name}</span>
          </button>
        )}
      </span>
    </li>
  );
}

/** The version that has gone from the list last, for a moment. */
function DismissedVersion({
  classroom,
  program: { dismissed },
  act,
}: {
  classroom: Classroom;
  program: ProgramState;
  act: (what: () => void) => void;
}) {
  useEffect(() => {
    const timer = setTimeout(
      () => classroom.programs.endDismissal(classroom.step.id, false),
      UNDO_WITHIN_MS,
    );
    return () => clearTimeout(timer);
  }, [classroom]);
  const line = dismissed && versionPreview(classroom, dismissed);
  // Else it was shown here while another page has dismissed or changed it.
  const isOurs = dismissed?.writtenAt !== "";
  return (
    <div class="version">
      <p class="version-words" role="status" aria-label="Dismissed version">
        {isOurs ? "Dismissed" : "No longer kept"}
        {line ? ": " : "."}
        {line && <code>{line}</code>}
      </p>
      <span class="version-buttons">
        <button
          type="button"
          class="small"
          onClick={() => act(() => classroom.programs.endDismissal(classroom.step.id, true))}
        >
          Undo<span class="sr-only">: keep it</span>
        </button>
      </span>
    </div>
  );
}
