import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { element, hasProgram, isEditable } from "../page";
import { choices } from "../program";
import { Chat } from "./Chat";
import { Code } from "./Code";
import { NOT_KEPT } from "./Connection";
import { TABS, type Tab, Tabs } from "./Tabs";
import { partedWords } from "./Versions";

/** Everything of the page that lives, but for what stands beside the lesson's text. */
export function Lesson({ room }: { room: Classroom }) {
  const [wanted, setTab] = useState<Tab>("Lesson");
  const { step } = room;
  const tabs = TABS.filter((name) => name !== "Code" || hasProgram(step));
  const tab = tabs.includes(wanted) ? wanted : "Lesson";
  const last = room.state.items.at(-1)?.number ?? 0;
  const seen = useRef<number | null>(null);
  if (tab === "Tutor" || (seen.current === null && room.state.greeted)) {
    seen.current = last;
  }
  const answered = seen.current !== null && last > seen.current ? "New answer" : "";
  useEffect(() => {
    element("lesson").dataset.hidden = String(tab !== "Lesson");
  }, [tab]);
  useEffect(() => showStep(step.id), [step.id]);
  return (
    <>
      <Tabs
        tab={tab}
        tabs={tabs}
        news={{
          Code: newsOfProgram(room),
          Tutor: room.state.link.state === "closed" ? "Disconnected" : answered,
        }}
        choose={setTab}
      />
      <Said room={room} />
      <Code room={room} hidden={tab !== "Code"} />
      <Chat room={room} hidden={tab !== "Tutor"} />
    </>
  );
}

/** What must be heard of the program, whichever part of the page is shown. */
function Said({ room }: { room: Classroom }) {
  return (
    <>
      <p class="sr-only" role="status" aria-label="Versions">
        {isEditable(room.step) && partedWords(room)}
      </p>
      {room.isAtRisk && (
        <p class="sr-only" role="alert">
          {NOT_KEPT}
        </p>
      )}
    </>
  );
}

function newsOfProgram(room: Classroom): string {
  const program = room.programs.of(room.step);
  if (room.isAtRisk) {
    return "Not saved";
  }
  const more = program.shown !== program.main || choices(program).length > 0;
  return isEditable(room.step) && more ? "Several versions" : "";
}

/** Of the texts that the server has written into the page, the one of this step. */
function showStep(id: string): void {
  for (const article of document.querySelectorAll<HTMLElement>("article[data-step]")) {
    const shown = article.dataset.step === id;
    if (shown && article.hidden) {
      const scroll = article.closest(".lesson-scroll");
      article.hidden = false;
      if (scroll) {
        scroll.scrollTop = 0;
      }
    }
    article.hidden = !shown;
  }
}
