import { useEffect, useState } from "preact/hooks";
import { CLOSE } from "../protocol/frames";
import type { State } from "../state/model";

const COUNT_EVERY_MS = 500;
/** Of what is not saved, where the browser refuses to keep it. */
export const UNSAVED_WARNING = "Not saved: this browser keeps nothing. Leave the page open.";

/**
 * The state of the connection, for the eye: what a screen reader is to hear of it, the banner says
 * once (ConnectionBanner.tsx).
 */
export function ConnectionStatus({ state, retry }: { state: State; retry: () => void }) {
  const { connection, greeted, storage } = state;
  const isStored = storage.state === "available";
  return (
    <div class={`connection ${connection.state} ${storage.state}`}>
      <span class="connection-words" role="status" aria-live="off" aria-label="Connection">
        <span class="dot" aria-hidden="true" />
        {connection.state === "online" &&
          (isStored ? "Online" : "Not stored – keep this page open")}
        {connection.state === "connecting" && (greeted ? "Reconnecting…" : "Connecting…")}
        {connection.state === "closed" && "Disconnected"}
        {connection.state === "waiting" && (
          <span>
            Offline<span class="wide"> – reconnecting</span> <Countdown until={connection.until} />
          </span>
        )}
      </span>
      {/* Once the page has been connected, the banner has one: twice has no room on a phone. */}
      {connection.state === "waiting" && !greeted && (
        <button type="button" class="quiet" onClick={retry}>
          Reconnect now
        </button>
      )}
    </div>
  );
}

/** A way on after an end that a new connection would not change. */
export function ConnectionClosed({
  code,
  kept,
  loginUrl,
  lessonsUrl,
}: {
  code: number;
  /** True: this browser keeps what was not saved. */
  kept: boolean;
  loginUrl: string;
  lessonsUrl: string;
}) {
  return (
    <div class="notice bad" role="alert">
      {code === CLOSE.PROTOCOL && (
        <>
          <p>The classroom has been renewed since you opened this page.</p>
          <button type="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        </>
      )}
      {code === CLOSE.NOT_LOGGED_IN && (
        <>
          <p>
            Your log-in has ended. Log in again to go on.{" "}
            {kept
              ? "What you have written is kept in this browser until somebody else logs in."
              : UNSAVED_WARNING}
          </p>
          <a class="button" href={loginUrl}>
            Log in again
          </a>
        </>
      )}
      {code === CLOSE.NOT_ENROLLED && (
        <>
          <p>You are not enrolled in this course. Your instructor can change that.</p>
          <a class="button" href={lessonsUrl}>
            Your lessons
          </a>
        </>
      )}
      {code === CLOSE.OTHER && (
        <>
          <p>
            Somebody else is logged in in this browser now, or this dialogue was deleted.{" "}
            {kept
              ? "Reload the page; what you wrote here is kept until somebody else logs in."
              : "What you wrote last is not saved, and this browser keeps nothing. Copy it first, then reload the page."}
          </p>
          <button type="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        </>
      )}
      {code === CLOSE.TOO_MANY && (
        <>
          <p>This course is open in too many tabs. Close some of them, then reload this one.</p>
          <button type="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        </>
      )}
      {code === CLOSE.NO_LESSON && (
        <>
          <p>This lesson is no longer there.</p>
          <a class="button" href={lessonsUrl}>
            Your lessons
          </a>
        </>
      )}
    </div>
  );
}

/** The seconds until a time of `performance.now()`: a clock that is set changes none of them. */
export function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), COUNT_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(1, Math.ceil((until - now) / 1_000));
  return <span aria-hidden="true">in {seconds} s</span>;
}
