import { useEffect, useRef, useState } from "preact/hooks";
import { TabRow } from "../controls/TabRow";
import { openDiff } from "../editor/diffView";
import { languages } from "../editor/languages";
import { fileText, isSameSource, type Source } from "../program/source";

export interface NamedSource {
  readonly name: string;
  readonly source: Source;
}

const WIDE = "(min-width: 56rem)";

/** Two sources with their differences, a file at a time. */
export function FileDiff({
  before,
  after,
  mainFile,
  kind,
}: {
  before: NamedSource;
  after: NamedSource;
  mainFile: string;
  /** Of a change, one side is gone and the other new; of a choice, neither is. */
  kind: "change" | "choice";
}) {
  const [chosen, choose] = useState<string | null>(null);
  const isWide = useMedia(WIDE);
  const box = useRef<HTMLDivElement>(null);
  const paths = differingPaths(before.source, after.source);
  const path = chosen !== null && paths.includes(chosen) ? chosen : (paths[0] ?? "");
  const [old, now] = [fileText(before.source, path), fileText(after.source, path)];
  useEffect(() => {
    if (!box.current || old === now) {
      return;
    }
    const view = openDiff(
      box.current,
      { text: old, label: before.name },
      { text: now, label: after.name },
      languages.ofFile(path || mainFile),
      isWide,
    );
    return () => view.destroy();
  }, [old, now, path, before.name, after.name, mainFile, isWide]);
  return (
    <div class={`diff of-${kind} ${isWide ? "wide" : "narrow"}`}>
      {(paths.length > 1 || path !== "") && (
        <TabRow
          label="Files that differ"
          look="files"
          current={path}
          choose={choose}
          tabs={paths.map((one) => ({ name: one, controls: "diff-box", label: one || mainFile }))}
        />
      )}
      <p class="diff-names">
        <span class="diff-name before">{before.name}</span>
        <span class="diff-name after">{after.name}</span>
      </p>
      {isSameSource(before.source, after.source) ? (
        <p class="diff-same">Both are the same.</p>
      ) : (
        <div class="diff-box" id="diff-box" ref={box} />
      )}
    </div>
  );
}

/** The files whose texts differ; empty for the program. */
export function differingPaths(one: Source, other: Source): string[] {
  const paths = new Set(["", ...Object.keys(one.files), ...Object.keys(other.files)]);
  return [...paths].filter((path) => fileText(one, path) !== fileText(other, path));
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const media = window.matchMedia(query);
    const change = () => setMatches(media.matches);
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, [query]);
  return matches;
}
