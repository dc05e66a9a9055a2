import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

export interface TabItem<Name extends string> {
  name: Name;
  /** The id of what it shows. */
  controls: string;
  label: ComponentChildren;
}

/** A row of tabs; the arrow keys go from one to the next. */
export function TabRow<Name extends string>({
  label,
  tabs,
  current,
  choose,
  look,
}: {
  label: string;
  tabs: TabItem<Name>[];
  current: Name;
  choose: (name: Name) => void;
  /** The class of the row. */
  look: string;
}) {
  const row = useRef<HTMLDivElement>(null);
  const step = (by: number) => {
    const at = tabs.findIndex(({ name }) => name === current);
    const next = (at + by + tabs.length) % tabs.length;
    const tab = tabs[next];
    if (tab) {
      choose(tab.name);
      row.current?.querySelectorAll("button")[next]?.focus();
    }
  };
  return (
    <div
      class={look}
      role="tablist"
      aria-label={label}
      ref={row}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
          step(event.key === "ArrowRight" ? 1 : -1);
        }
      }}
    >
      {tabs.map((tab) => (
        <button
          key={tab.name}
          type="button"
          role="tab"
          aria-selected={tab.name === current}
          aria-controls={tab.controls}
          tabIndex={tab.name === current ? 0 : -1}
          onClick={() => choose(tab.name)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}
