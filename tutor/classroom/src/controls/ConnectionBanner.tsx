import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { type Recovery, recover } from "../state/recovery";
import { Countdown } from "./ConnectionStatus";

/** So long it is said that nothing was lost. */
const RECOVERED_FOR_MS = 6_000;

/** A connection that was lost: what becomes of what is written, until all of it is stored. */
export function ConnectionBanner({
  classroom,
  retry,
}: {
  classroom: Classroom;
  retry: () => void;
}) {
  const { state, store } = classroom;
  const recovery = useRef<Recovery>({ phase: "none" });
  const [, draw] = useState(0);
  recovery.current = recover(recovery.current, state, store.stepsWithCopies.length === 0);
  const { phase } = recovery.current;
  useEffect(() => {
    if (phase !== "recovered") {
      return;
    }
    const timer = setTimeout(() => {
      recovery.current = { phase: "none" };
      draw((count) => count + 1);
    }, RECOVERED_FOR_MS);
    return () => clearTimeout(timer);
  }, [phase]);
  const { connection } = state;
  return (
    <div class={`connection-banner ${phase}`} hidden={phase === "none"}>
      {/* Read out once for each of its texts: seconds stand beside it. */}
      <p role="status" aria-label="Recovery">
        {bannerWords(recovery.current, store.isPersistent)}
      </p>
      {phase === "lost" && connection.state === "waiting" && (
        <>
          <Countdown until={connection.until} />
          <button type="button" class="small" onClick={retry}>
            Try now
          </button>
        </>
      )}
    </div>
  );
}

function bannerWords({ phase }: Recovery, isKept: boolean): string {
  switch (phase) {
    case "none":
      return "";
    case "lost":
      return isKept
        ? "Connection lost. Trying again… What you write is kept in this browser."
        : "Connection lost. Trying again… Keep this page open: this browser keeps nothing.";
    case "catching_up":
      return "Connected again. What you wrote is being stored…";
    case "recovered":
      return "Reconnected. Nothing was lost.";
  }
}
