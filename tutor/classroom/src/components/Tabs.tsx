import { TabRow } from "./TabRow";

export const TABS = ["Lesson", "Code", "Tutor"] as const;
export type Tab = (typeof TABS)[number];

/** On narrow screens one part is shown at a time. `news`: something happened on the Tutor's. */
export function Tabs({
  tab,
  tabs,
  news,
  choose,
}: {
  tab: Tab;
  tabs: readonly Tab[];
  news: boolean;
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
            {name === "Tutor" && news && <span class="news" title="New answer" />}
          </>
        ),
      }))}
    />
  );
}
