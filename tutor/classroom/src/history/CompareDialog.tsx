import { useEffect, useRef, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { LargeDialog } from "../controls/LargeDialog";
import type { Step } from "../page/pageData";
import type { VersionChoice } from "../program/model";
import { isSameSource, type Source } from "../program/source";
import { FileDiff } from "./FileDiff";
import { MergeEditor } from "./MergeEditor";
import { type Pair, pairOf } from "./pair";
import { readerOf } from "./reader";
import { placeName, timeOfDay } from "./revisionLabels";
import { fetchRevisions, type Revision } from "./revisions";
import { useFetched } from "./useFetched";

/** Two texts of a step beside each other: one of them is taken, or both are put together. */
export function CompareDialog({
  classroom,
  step,
  other,
  closed,
}: {
  classroom: Classroom;
  step: Step;
  /** The one beside what is shown; the program where it is 0. */
  other: VersionChoice;
  closed: () => void;
}) {
  // What is put together, and of which two.
  const [merging, setMerging] = useState<Pair | null>(null);
  const [cameBack, setCameBack] = useState(false);
  const back = () => {
    setMerging(null);
    setCameBack(true);
  };
  const pair = pairOf(classroom.programs.stateOf(step), other);
  const url = classroom.page.history_url;
  // Where a version came from is known here already; of the program, the history says so.
  const asks = pair?.isTheirsProgram === true;
  const [list] = useFetched(`${step.id} ${asks}`, async () =>
    asks ? fetchRevisions(url, step.id) : [],
  );
  const revisions = list.state === "loaded" ? list.value : [];
  return (
    <LargeDialog
      title={merging ? "Put together" : "Two versions of your program"}
      closed={closed}
      cancel={merging ? back : undefined}
    >
      {(close) =>
        !pair ? (
          <p>The other one is not there any more: it was taken or dismissed on another page.</p>
        ) : merging ? (
          <MergeEditor
            pair={merging}
            isOld={!isSamePair(merging, pair)}
            mainFile={classroom.page.main_file}
            back={back}
            use={(source) => {
              close();
              classroom.programs.putTogether(step.id, source, merging.program);
            }}
          />
        ) : (
          <Choice
            classroom={classroom}
            step={step}
            pair={pair}
            theirs={theirName(classroom, step, pair, revisions)}
            close={close}
            cameBack={cameBack}
            merge={() => setMerging(pair)}
          />
        )
      }
    </LargeDialog>
  );
}

function Choice({
  classroom,
  step,
  pair,
  theirs,
  close,
  cameBack,
  merge,
}: {
  classroom: Classroom;
  step: Step;
  pair: Pair;
  theirs: string;
  close: () => void;
  /** From where both are put together. */
  cameBack: boolean;
  merge: () => void;
}) {
  const { programs } = classroom;
  const mergeButton = useRef<HTMLButtonElement>(null);
  // The editor that had the focus is gone.
  useEffect(() => {
    if (cameBack) {
      mergeButton.current?.focus();
    }
  }, [cameBack]);
  const isSame = isSameSource(pair.mine, pair.theirs);
  const take = (choice: VersionChoice) => {
    programs.showVersion(step.id, choice);
    programs.restoreShown(step.id);
  };
  return (
    <>
      <FileDiff
        before={{ name: "Yours, as it is here", source: pair.mine }}
        after={{ name: theirs, source: pair.theirs }}
        mainFile={classroom.page.main_file}
        kind="choice"
      />
      <p class="faint">Whichever you choose, the other one is kept.</p>
      {!classroom.isOnline && (
        <p role="status">You are offline: choose as soon as the connection is back.</p>
      )}
      <div class="dialog-buttons">
        <button
          type="button"
          disabled={!classroom.isOnline}
          onClick={() => {
            close();
            programs.restoreShown(step.id);
          }}
        >
          Keep mine
        </button>
        <button
          type="button"
          disabled={!classroom.isOnline}
          onClick={() => {
            close();
            pair.isTheirsProgram ? programs.showVersion(step.id, PROGRAM) : take(pair.choice);
          }}
        >
          Take theirs
        </button>
        <button type="button" class="primary" ref={mergeButton} disabled={isSame} onClick={merge}>
          Put together
        </button>
      </div>
    </>
  );
}

const PROGRAM: VersionChoice = { id: 0, key: 0 };

/** Who wrote the other one and when, as far as it is known. */
function theirName(
  classroom: Classroom,
  step: Step,
  pair: Pair,
  revisions: readonly Revision[],
): string {
  const { server } = classroom.programs.stateOf(step);
  const kept = server?.versions.find(({ id }) => id === pair.choice.id);
  const entry = revisions.find(({ version }) => version === 0);
  const [origin, writtenAt] = pair.isTheirsProgram
    ? [entry, entry?.written_at]
    : [kept?.origin, kept?.writtenAt];
  if (!origin || !writtenAt) {
    return "The other one";
  }
  const place = placeName(origin, readerOf(classroom));
  return `The other one, written ${place ? `${place} ` : ""}at ${timeOfDay(writtenAt)}`;
}

function isSamePair(one: Pair, other: Pair): boolean {
  const same = (a: Source, b: Source) => isSameSource(a, b);
  return same(one.mine, other.mine) && same(one.theirs, other.theirs);
}
