import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom";
import { element } from "../page";
import { Chat } from "./Chat";
import { Code } from "./Code";
import { type Tab, Tabs } from "./Tabs";

/** Everything of the page that lives; the lesson's text is the server's. */
export function Lesson({ room }: { room: Classroom }) {
  const [tab, setTab] = useState<Tab>("Lesson");
  const last = room.state.items.at(-1)?.number ?? 0;
  const seen = useRef<number | null>(null);
  if (tab === "Tutor" || (seen.current === null && room.state.greeted)) {
    seen.current = last;
  }
  useEffect(() => {
    element("lesson").dataset.hidden = String(tab !== "Lesson");
  }, [tab]);
  return (
    <>
      <Tabs tab={tab} news={seen.current !== null && last > seen.current} choose={setTab} />
      <Code room={room} hidden={tab !== "Code"} />
      <Chat room={room} hidden={tab !== "Tutor"} />
    </>
  );
}
