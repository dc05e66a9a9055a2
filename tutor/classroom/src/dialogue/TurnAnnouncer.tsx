import { useEffect, useRef, useState } from "preact/hooks";
import type { TurnChanged } from "../protocol/frames";

const ANNOUNCEMENTS: Record<TurnChanged["state"], string> = {
  thinking: "The tutor is answering",
  speaking: "The tutor is answering",
  running: "The tutor is answering",
  done: "The tutor has answered",
  stopped: "The tutor was stopped",
  failed: "The tutor could not answer",
};

/** Tells screen readers when an answer begins and ends; the pieces between them are not read out. */
export function TurnAnnouncer({ turn }: { turn: TurnChanged | null }) {
  const [words, setWords] = useState("");
  // Has a turn been under way since the page was opened? The end of an old one is no news.
  const begun = useRef(false);
  const now = turn ? ANNOUNCEMENTS[turn.state] : "";
  useEffect(() => {
    begun.current ||= now === ANNOUNCEMENTS.thinking;
    setWords(begun.current ? now : "");
  }, [now]);
  return (
    <p class="sr-only" role="status" aria-label="Announcements">
      {words}
      {turn?.state === "failed" && words && `. ${turn.message}`}
    </p>
  );
}
