import type { Classroom } from "../classroom/classroom";
import type { HintItem } from "../protocol/frames";
import { Markdown } from "../text/Markdown";

/** A hint that was given. Its text may be the tutor's next message. */
export function HintCard({ classroom, item }: { classroom: Classroom; item: HintItem }) {
  const outdated = classroom.moves.isOutdated(item);
  return (
    <article class={`move hint ${outdated ? "outdated" : ""}`} aria-label={`Hint ${item.level}`}>
      <h3 class="move-title">
        Hint {item.level} <span class="chip">counts as help</span>
      </h3>
      {outdated && <p class="faint">Given for an earlier version of your program.</p>}
      {item.text && <Markdown text={item.text} />}
    </article>
  );
}
