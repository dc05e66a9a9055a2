import { useRef } from "preact/hooks";

export const TABS = ["Lesson", "Code", "Tutor"] as const;
export type Tab = (typeof TABS)[number];

/** On narrow screens one part is shown at a time. `news`: something happened on the Tutor's. */
export function Tabs({
  tab,
  news,
  choose,
}: {
  tab: Tab;
  news: boolean;
  choose: (tab: Tab) => void;
}) {
  const row = useRef<HTMLDivElement>(null);
  const step = (by: number) => {
    const next = (TABS.indexOf(tab) + by + TABS.length) % TABS.length;
    choose(TABS[next] ?? "Lesson");
    row.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div
      class="tabs"
      role="tablist"
      aria-label="Parts of the lesson"
      ref={row}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
          step(event.key === "ArrowRight" ? 1 : -1);
        }
      }}
    >
      {TABS.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === tab}
          aria-controls={name.toLowerCase()}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => choose(name)}
        >
          {name}
          {name === "Tutor" && news && <span class="news" title="New answer" />}
        </button>
      ))}
    </div>
  );
}
