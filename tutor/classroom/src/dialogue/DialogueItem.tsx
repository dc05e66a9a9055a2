import { UNSAVED_WARNING } from "../controls/ConnectionStatus";
import type { Say } from "../protocol/frames";
import type { Item } from "../state/model";
import { Markdown } from "../text/Markdown";
import { RunCard } from "./RunCard";

/** Of what the student has said while there is no connection. */
export const SENT_LATER = "Will be sent when you are online again";

export type PlainItem = Exclude<Item, { kind: "prediction" | "hint" | "offer" }>;

/** One stored item of the dialogue that stays as it is whatever happens elsewhere in the page. */
export function DialogueItem({ item, language }: { item: PlainItem; language: string }) {
  switch (item.kind) {
    case "student":
      return (
        <article class="message student" aria-label="You">
          <p>{item.text}</p>
        </article>
      );
    case "tutor":
      return (
        <article class="message tutor" aria-label="Tutor">
          <Markdown text={item.text} />
          {item.interrupted && <p class="faint">Stopped here.</p>}
        </article>
      );
    case "run":
      return <RunCard run={item.run} language={language} />;
  }
}

/** A message that is stored while the tutor answers another one. */
export function QueuedMessage({ text }: { text: string }) {
  return (
    <article class="message student unsent" aria-label="You, not heard yet">
      <p>{text}</p>
      <footer>
        <span class="faint">The tutor hears this next</span>
      </footer>
    </article>
  );
}

/** A message the server has not confirmed yet. `atRisk`: nor does the browser keep it. */
export function UnsentMessage({
  say,
  offline,
  atRisk,
  takeBack,
}: {
  say: Say;
  offline: boolean;
  atRisk: boolean;
  takeBack: () => void;
}) {
  const waits = offline ? SENT_LATER : "Sending…";
  return (
    <article class="message student unsent" aria-label="You, not sent yet">
      <p>{say.text}</p>
      <footer>
        <span class="faint">{atRisk ? UNSAVED_WARNING : waits}</span>
        <button type="button" class="link" onClick={takeBack}>
          Take back
        </button>
      </footer>
    </article>
  );
}
