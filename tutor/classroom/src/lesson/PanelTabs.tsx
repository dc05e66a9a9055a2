import { TabRow } from "../controls/TabRow";
import type { PanelName } from "../state/model";

/** On narrow screens one part is shown at a time. `news`: in a word, what is to be seen in others. */
export function PanelTabs({
  tab,
  tabs,
  news,
  choose,
}: {
  tab: PanelName;
  tabs: readonly PanelName[];
  news: Partial<Record<PanelName, string>>;
  choose: (tab: PanelName) => void;
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
