import { TabRow } from "./TabRow";

export const TABS = ["Lesson", "Code", "Tutor"] as const;
export type Tab = (typeof TABS)[number];

/** On narrow screens one part is shown at a time. `news`: in a word, what is to be seen in others. */
export function Tabs({
  tab,
  tabs,
  news,
  choose,
}: {
  tab: Tab;
  tabs: readonly Tab[];
  news: Partial<Record<Tab, string>>;
  choose: (tab: Tab) => void;
}) {
  return (
    <TabRow
      label="Parts of the lesson"
      look="tabs"
      current={tab}
      choose={choose}
      tabs={tabs.map((name) => ({
        name,
        controls: name.toLowerCase(),
        label: (
          <>
            {name}
            {name !== tab && news[name] && (
              <span class="news" title={news[name]}>
                <span class="sr-only"> ({news[name]})</span>
              </span>
            )}
          </>
        ),
      }))}
    />
  );
}
