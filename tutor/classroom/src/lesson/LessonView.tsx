import { useLayoutEffect, useRef } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { UNSAVED_WARNING } from "../controls/ConnectionStatus";
import { ChatPanel } from "../dialogue/ChatPanel";
import { element, hasProgram, isEditable } from "../page/pageData";
import { otherVersions } from "../program/versions";
import { CodePanel } from "../workbench/CodePanel";
import { divergedNotice } from "../workbench/versionLabels";
import { FinishPanel } from "./FinishPanel";
import { PanelTabs } from "./PanelTabs";

const PANELS = ["Lesson", "Code", "Tutor"] as const;

/** Everything of the page that lives, but for what stands beside the lesson's text. */
export function LessonView({ classroom }: { classroom: Classroom }) {
  const { step } = classroom;
  const { panel } = classroom.state;
  const tabs = PANELS.filter((name) => name !== "Code" || hasProgram(step));
  const tab = tabs.includes(panel) ? panel : "Lesson";
  const last = classroom.state.items.at(-1)?.number ?? 0;
  const seen = useRef<number | null>(null);
  if (tab === "Tutor" || (seen.current === null && classroom.state.greeted)) {
    seen.current = last;
  }
  const answered = seen.current !== null && last > seen.current ? "New answer" : "";
  // At once: whoever goes to a step takes the focus to its text, which must be there to have it.
  useLayoutEffect(() => {
    element("lesson").dataset.hidden = String(tab !== "Lesson");
  }, [tab]);
  useLayoutEffect(() => {
    element("lesson").classList.toggle("alone", !hasProgram(step));
    showStepText(step.id);
  }, [step]);
  return (
    <>
      <PanelTabs
        tab={tab}
        tabs={tabs}
        news={{
          Code: programNews(classroom),
          Tutor: classroom.state.connection.state === "closed" ? "Disconnected" : answered,
        }}
        choose={(name) => classroom.showPanel(name)}
      />
      <ProgramAnnouncements classroom={classroom} />
      <CodePanel classroom={classroom} hidden={tab !== "Code"} />
      <ChatPanel classroom={classroom} hidden={tab !== "Tutor"} />
      <FinishPanel classroom={classroom} />
    </>
  );
}

/** News of the program for screen readers, whichever part of the page is shown. */
function ProgramAnnouncements({ classroom }: { classroom: Classroom }) {
  return (
    <>
      <p class="sr-only" role="status" aria-label="Versions">
        {isEditable(classroom.step) && divergedNotice(classroom)}
      </p>
      {classroom.isAtRisk && (
        <p class="sr-only" role="alert">
          {UNSAVED_WARNING}
        </p>
      )}
    </>
  );
}

function programNews(classroom: Classroom): string {
  const program = classroom.programs.stateOf(classroom.step);
  if (classroom.isAtRisk) {
    return "Not saved";
  }
  const more = program.shown !== program.main || otherVersions(program).length > 0;
  return isEditable(classroom.step) && more ? "Several versions" : "";
}

/** Of the texts that the server has written into the page, the one of this step. */
function showStepText(id: string): void {
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
