import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { element, hasProgram } from "../page";
import { Chat } from "./Chat";
import { Code } from "./Code";
import { TABS, type Tab, Tabs } from "./Tabs";

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
  useEffect(() => {
    element("lesson").dataset.hidden = String(tab !== "Lesson");
  }, [tab]);
  useEffect(() => showStep(step.id), [step.id]);
  return (
    <>
      <Tabs
        tab={tab}
        tabs={tabs}
        news={seen.current !== null && last > seen.current}
        choose={setTab}
      />
      <Code room={room} hidden={tab !== "Code"} />
      <Chat room={room} hidden={tab !== "Tutor"} />
    </>
  );
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
