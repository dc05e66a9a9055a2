import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import type { Editor } from "../editor";
import { isEditable } from "../page";
import {
  type Choice,
  choices,
  isClean,
  isDismissed,
  type Program,
  shownText,
  type Version,
} from "../program";
import { telling } from "../work";

const PARTED = "This program was also changed in another tab or on another device.";
// How long a dismissed version is offered once more.
const UNDO_WITHIN_MS = 30_000;
// Of a line that tells versions apart.
const LINE_CHARS = 40;

/** What the page says where the student's text has parted from the program; else empty. */
export function partedWords(room: Classroom): string {
  const program = room.programs.of(room.step);
  const text = shownText(program);
  if (program.parted === 0 || !text) {
    return "";
  }
  const isKept = isClean(program, text) ? !isDismissed(program, text) : room.drawer.isKept;
  return isKept ? `${PARTED} Both versions are kept.` : PARTED;
}

/** Where a step has more than its program: which one is shown, and what can be done about it. */
export function Versions({
  room,
  editor,
}: {
  room: Classroom;
  editor: { current: Editor | null };
}) {
  const program = room.programs.of(room.step);
  const box = useRef<HTMLElement>(null);
  // The button that was pressed may go away; the focus stays here, or goes on to the editor.
  const [pressed, setPressed] = useState(false);
  const all = isEditable(room.step) ? choices(program) : [];
  const isBeside = isEditable(room.step) && program.shown !== program.main;
  useEffect(() => {
    if (pressed && document.activeElement === document.body) {
      setPressed(false);
      if (box.current) {
        box.current.focus();
      } else {
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
  const show = (choice: Choice) => act(() => room.showVersion(choice));
  return (
    (isBeside || all.length > 0 || program.dismissed) && (
      <section
        class="notice versions"
        aria-label="Versions of your program"
        tabIndex={-1}
        ref={box}
      >
        {isBeside && <Beside room={room} program={program} act={act} />}
        <ul>
          {all.map((one) => (
            <Kept key={`${one.key} ${one.id}`} room={room} version={one} show={show} act={act} />
          ))}
        </ul>
        {program.dismissed && (
          <Dismissed key={program.dismissed.id} room={room} program={program} act={act} />
        )}
        {program.problem && <p role="alert">{program.problem}</p>}
      </section>
    )
  );
}

/** What is shown is not the program. */
function Beside({
  room,
  program,
  act,
}: {
  room: Classroom;
  program: Program;
  act: (what: () => void) => void;
}) {
  const { shown, parted, wanted, restoring } = program;
  const text = shownText(program);
  const isGone = text !== undefined && isDismissed(program, text);
  const words =
    parted === shown
      ? `${partedWords(room)} You see the one that you wrote here.`
      : `You see ${nameOf(listed(program))} instead of your program.`;
  return (
    <div class="version other">
      <p class="version-words">
        {words}
        {isGone && " It was dismissed on another page: if you change it, it is kept again."}
      </p>
      <span class="version-buttons">
        <button
          type="button"
          class="small primary"
          title="Make this one your program; the other one is kept"
          disabled={!room.isOnline || wanted !== 0 || restoring !== ""}
          onClick={() => act(() => room.restoreVersion())}
        >
          Use this one
        </button>
        <button
          type="button"
          class="small"
          onClick={() => act(() => room.showVersion({ id: 0, key: 0 }))}
        >
          {parted === shown ? "Show the other one" : "Show my program"}
        </button>
        {isGone && (
          <button type="button" class="small" onClick={() => act(() => room.keepVersion())}>
            Keep it
          </button>
        )}
      </span>
    </div>
  );
}

/** A version that is not shown. */
function Kept({
  room,
  version,
  show,
  act,
}: {
  room: Classroom;
  version: Version & Choice;
  show: (choice: Choice) => void;
  act: (what: () => void) => void;
}) {
  const line = lineOf(room, version);
  const name = line ? `${nameOf(version)}, ${line}` : nameOf(version);
  return (
    <li class="version">
      <p class="version-words">
        {nameOf(version).replace(/^the/, "A")} is kept{line ? ": " : "."}
        {line && <code>{line}</code>}
      </p>
      <span class="version-buttons">
        <button type="button" class="small" onClick={() => show(version)}>
          Show it<span class="sr-only">: {name}</span>
        </button>
        {version.writtenAt && (
          <button
            type="button"
            class="small quiet"
            title="Take it from this list"
            disabled={!room.isOnline}
            onClick={() => act(() => room.dismissVersion(version.id))}
          >
            Dismiss<span class="sr-only">: {name}</span>
          </button>
        )}
      </span>
    </li>
  );
}

/** The version that was dismissed last, for a moment. */
function Dismissed({
  room,
  program: { dismissed },
  act,
}: {
  room: Classroom;
  program: Program;
  act: (what: () => void) => void;
}) {
  useEffect(() => {
    const timer = setTimeout(() => room.undismissVersion(false), UNDO_WITHIN_MS);
    return () => clearTimeout(timer);
  }, [room]);
  const line = dismissed && lineOf(room, dismissed);
  return (
    <div class="version">
      <p class="version-words" role="status" aria-label="Dismissed version">
        Dismissed{line ? ": " : "."}
        {line && <code>{line}</code>}
      </p>
      <span class="version-buttons">
        <button type="button" class="small" onClick={() => act(() => room.undismissVersion(true))}>
          Undo<span class="sr-only">: keep it</span>
        </button>
      </span>
    </div>
  );
}

/** What tells a version from the program and from other versions. */
function lineOf(room: Classroom, version: Version): string {
  const program = room.programs.of(room.step);
  const others = choices(program).filter(
    ({ id, work }) => id !== version.id && work !== version.work,
  );
  const works = others.map(({ work }) => work);
  const line = [...telling(version.work, program.stored ? [program.stored.work, ...works] : works)];
  return line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS - 1).join("")}…` : line.join("");
}

function listed(program: Program): Version | undefined {
  const version = shownText(program)?.version;
  return program.stored?.versions.find(({ id }) => id === version);
}

function nameOf(version: Version | undefined): string {
  return version?.writtenAt
    ? `the version from ${timeOf(new Date(version.writtenAt))}`
    : "the version from this browser";
}

/** In the browser's own way; with the day, where it is not today. */
function timeOf(when: Date): string {
  return when.toDateString() === new Date().toDateString()
    ? when.toLocaleTimeString([], { timeStyle: "medium" })
    : when.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}
