import { useEffect, useRef, useState } from "preact/hooks";
import type { TurnChanged } from "../protocol/frames";
import { hasEnded } from "../state/dialogue";

const ANNOUNCEMENTS: Record<TurnChanged["state"], string> = {
  thinking: "The tutor is answering",
  speaking: "The tutor is answering",
  running: "The tutor is answering",
  done: "The tutor has answered",
  stopped: "The tutor was stopped",
  failed: "The tutor could not answer",
};

/**
 * Tells screen readers when an answer begins and ends, and why it takes longer, each reason once in
 * a turn; the pieces between them are not read out. `waits`: what is said of a wait besides.
 */
export function TurnAnnouncer({ turn, waits }: { turn: TurnChanged | null; waits: string }) {
  const [words, setWords] = useState("");
  // Has a turn been under way since the page was opened? The end of an old one is no news.
  const begun = useRef(false);
  // What was said of the turn under way, numbers in it left aside.
  const said = useRef({ turn: 0, reasons: new Set<string>() });
  const now = turn ? ANNOUNCEMENTS[turn.state] : "";
  const reason = turn && !hasEnded(turn) ? turn.message || waits : "";
  const number = turn?.number ?? 0;
  useEffect(() => {
    begun.current ||= now === ANNOUNCEMENTS.thinking;
    if (said.current.turn !== number) {
      said.current = { turn: number, reasons: new Set() };
    }
    const { reasons } = said.current;
    const kind = reason.replace(/\d+/g, "");
    if (reason && !reasons.has(kind)) {
      reasons.add(kind);
      setWords(reason);
    } else if (now !== ANNOUNCEMENTS.thinking || reasons.size === 0) {
      setWords(begun.current ? now : "");
    }
  }, [now, reason, number]);
  return (
    <p class="sr-only" role="status" aria-label="Announcements">
      {words}
      {turn?.state === "failed" && words && `. ${turn.message}`}
    </p>
  );
}
