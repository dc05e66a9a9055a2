import { useEffect, useRef, useState } from "preact/hooks";
import { TabRow } from "../controls/TabRow";
import { languages } from "../editor/languages";
import { type MarkedLines, openMergeEditor } from "../editor/mergeEditor";
import { type MergedText, mergeSources } from "../program/merge";
import type { Source } from "../program/source";
import type { Pair } from "./pair";

/** Two texts put together, to be mended and used. */
export function MergeEditor({
  pair,
  isOld,
  mainFile,
  back,
  use,
}: {
  pair: Pair;
  /** One of them has changed since. */
  isOld: boolean;
  mainFile: string;
  back: () => void;
  use: (source: Source) => void;
}) {
  const [merged] = useState(() => mergeSources(pair.ancestor, pair.mine, pair.theirs));
  // By path: what the student has made of it.
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [path, choose] = useState("");
  const paths = [...merged.keys()];
  const conflicts = [...merged.values()].flatMap((file) => file.conflicts).length;
  const text = (one: string) => texts[one] ?? merged.get(one)?.text ?? "";
  const source = () => ({
    code: text(""),
    files: Object.fromEntries(paths.filter(Boolean).map((one) => [one, text(one)])),
  });
  return (
    <>
      <p role="status">{conflictWords(conflicts)}</p>
      {paths.length > 1 && (
        <TabRow
          label="Files"
          look="files"
          current={path}
          choose={choose}
          tabs={paths.map((one) => ({
            name: one,
            controls: "merge-box",
            label: tabLabel(one || mainFile, merged.get(one)),
          }))}
        />
      )}
      <MergeBox
        key={path}
        text={text(path)}
        marks={texts[path] === undefined ? marksOf(merged.get(path)) : []}
        path={path || mainFile}
        changed={(now) => setTexts((all) => ({ ...all, [path]: now }))}
      />
      {isOld && (
        <p class="notice" role="status">
          The other one has changed since. If you use this, all of them are kept.
        </p>
      )}
      <div class="dialog-buttons">
        <button type="button" onClick={back}>
          Back
        </button>
        <button type="button" class="primary" onClick={() => use(source())}>
          Use this
        </button>
      </div>
    </>
  );
}

function MergeBox({
  text,
  marks,
  path,
  changed,
}: {
  text: string;
  marks: readonly MarkedLines[];
  path: string;
  changed: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: opened once; it holds its text itself
  useEffect(() => {
    if (!box.current) {
      return;
    }
    const language = languages.ofFile(path);
    const label = `Both versions, put together: ${path}`;
    const view = openMergeEditor(box.current, { text, marks, label, language, changed });
    view.focus();
    return () => view.destroy();
  }, []);
  return <div class="merge-box" id="merge-box" ref={box} />;
}

function conflictWords(conflicts: number): string {
  if (conflicts === 0) {
    return "The changes of both are in it. Look through it, then use it.";
  }
  return conflicts === 1
    ? "In one place both have changed the same lines: both texts stand there. Leave what you want."
    : `In ${conflicts} places both have changed the same lines: both texts stand there. Leave what you want.`;
}

function tabLabel(name: string, file: MergedText | undefined): string {
  return file && file.conflicts.length > 0 ? `${name} (${file.conflicts.length})` : name;
}

function marksOf(file: MergedText | undefined): MarkedLines[] {
  return (file?.conflicts ?? []).flatMap(({ mine, theirs, end }) => [
    { side: "mine", name: mine < theirs ? "Yours" : "Yours: nothing", from: mine, to: theirs },
    {
      side: "theirs",
      name: theirs < end ? "The other one" : "The other one: nothing",
      from: theirs,
      to: end,
    },
  ]);
}
