import { useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { FetchFailed } from "../controls/FetchFailed";
import { LargeDialog } from "../controls/LargeDialog";
import type { Step } from "../page/pageData";
import { fitToStep, type Source } from "../program/source";
import { copyOf } from "../program/workingCopies";
import { FileDiff, type NamedSource } from "./FileDiff";
import { RevisionList } from "./RevisionList";
import { readerOf } from "./reader";
import { choiceLabel } from "./revisionLabels";
import { fetchRevisions, fetchSource, type Revision } from "./revisions";
import { type Fetched, useFetched } from "./useFetched";

// The number of no entry: the program as it is on this page.
const NOW = -1;

/** All earlier texts of a step: looked at, compared, brought back. */
export function HistoryDialog({
  classroom,
  step,
  closed,
}: {
  classroom: Classroom;
  step: Step;
  closed: () => void;
}) {
  const url = classroom.page.history_url;
  const [list, again] = useFetched(step.id, () => fetchRevisions(url, step.id));
  return (
    <LargeDialog title="Earlier versions" closed={closed}>
      {(close) => (
        <>
          {list.state === "loading" && <p role="status">Loading the earlier versions…</p>}
          {list.state === "failed" && <FetchFailed message={list.message} again={again} />}
          {list.state === "loaded" && list.value.length === 0 && (
            <p>There are none yet. From now on, what you write here is kept, step by step.</p>
          )}
          {list.state === "loaded" && list.value.length > 0 && (
            <History classroom={classroom} step={step} revisions={list.value} close={close} />
          )}
        </>
      )}
    </LargeDialog>
  );
}

function History({
  classroom,
  step,
  revisions,
  close,
}: {
  classroom: Classroom;
  step: Step;
  revisions: readonly Revision[];
  close: () => void;
}) {
  // The newest is the program of now, mostly.
  const [chosen, choose] = useState((revisions[1] ?? revisions[0])?.number ?? NOW);
  const [other, setOther] = useState(NOW);
  const source = useRevision(classroom, step, chosen);
  const against = useRevision(classroom, step, other);
  const name = (number: number) => revisionName(revisions, number);
  return (
    <div class="history">
      <RevisionList
        revisions={revisions}
        reader={readerOf(classroom)}
        chosen={chosen}
        choose={choose}
      />
      <section class="history-shown" aria-label="What has changed">
        <div class="history-tools">
          <label>
            Compared with{" "}
            <select
              value={other}
              onChange={({ currentTarget }) => setOther(Number(currentTarget.value))}
            >
              <option value={NOW}>{name(NOW)}</option>
              {revisions.map(({ number }) => (
                <option key={number} value={number}>
                  {name(number)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="small primary"
            title="Make this one your program; the program of now stays in this list"
            disabled={source.fetched.state !== "loaded"}
            onClick={() => {
              close();
              bringBack(classroom, step, source.fetched);
            }}
          >
            Bring this back
          </button>
        </div>
        <Compared
          sides={[
            { ...source, name: name(chosen), number: chosen },
            { ...against, name: name(other), number: other },
          ]}
          mainFile={classroom.page.main_file}
        />
      </section>
    </div>
  );
}

function revisionName(revisions: readonly Revision[], number: number): string {
  const revision = revisions.find((one) => one.number === number);
  return revision ? choiceLabel(revision, new Date()) : "Your program now";
}

function bringBack(classroom: Classroom, step: Step, fetched: Fetched<Source>): void {
  if (fetched.state === "loaded") {
    classroom.programs.bringBack(step, fetched.value);
  }
}

interface Fetching {
  fetched: Fetched<Source>;
  again: () => void;
}

interface Side extends Fetching {
  name: string;
  number: number;
}

/** The text of an entry, or the program of now. */
function useRevision(classroom: Classroom, step: Step, number: number): Fetching {
  const [fetched, again] = useFetched(`${step.id} ${number}`, async () =>
    number === NOW
      ? { code: "", files: {} }
      : fitToStep(step, await fetchSource(classroom.page.history_url, step.id, number)),
  );
  const program = classroom.programs.stateOf(step);
  const now = copyOf(program, program.main)?.source;
  return number === NOW && now
    ? { fetched: { state: "loaded", value: now }, again }
    : { fetched, again };
}

/** The older one is the one before. */
function Compared({ sides, mainFile }: { sides: readonly Side[]; mainFile: string }) {
  const failed = sides.find(({ fetched }) => fetched.state === "failed");
  if (failed?.fetched.state === "failed") {
    return <FetchFailed message={failed.fetched.message} again={failed.again} />;
  }
  const age = ({ number }: Side) => (number === NOW ? Number.POSITIVE_INFINITY : number);
  const [before, after] = sides.toSorted((a, b) => (age(a) < age(b) ? -1 : 1)).map(loaded);
  return before && after ? (
    <FileDiff before={before} after={after} mainFile={mainFile} kind="change" />
  ) : (
    <p role="status">Loading…</p>
  );
}

function loaded({ fetched, name }: Side): NamedSource | null {
  return fetched.state === "loaded" ? { name, source: fetched.value } : null;
}
