import { useEffect, useRef, useState } from "preact/hooks";
import type { TurnChanged } from "../frames";

const WORDS: Record<TurnChanged["state"], string> = {
  thinking: "Tutor is answering",
  speaking: "Tutor is answering",
  running: "Tutor is answering",
  done: "Answer complete",
  stopped: "Answer stopped",
  failed: "The tutor could not answer",
};

/** Tells screen readers when an answer begins and ends; the pieces between them are not read out. */
export function Announcer({ turn }: { turn: TurnChanged | null }) {
  const [words, setWords] = useState("");
  // Has a turn been under way since the page was opened? The end of an old one is no news.
  const begun = useRef(false);
  const now = turn ? WORDS[turn.state] : "";
  useEffect(() => {
    begun.current ||= now === WORDS.thinking;
    setWords(begun.current ? now : "");
  }, [now]);
  return (
    <p class="sr-only" role="status" aria-label="Announcements">
      {words}
      {turn?.state === "failed" && words && `. ${turn.message}`}
    </p>
  );
}
