import { groupByDay, originLabel, type Reader, sizeLabel, timeOfDay } from "./revisionLabels";
import type { Revision } from "./revisions";

/** The entries by day, one of them chosen. Arrow keys go from one to the next. */
export function RevisionList({
  revisions,
  reader,
  chosen,
  choose,
}: {
  revisions: readonly Revision[];
  reader: Reader;
  chosen: number;
  choose: (number: number) => void;
}) {
  const older = new Map(revisions.map((one, at) => [one.number, revisions[at + 1]]));
  return (
    <div class="revisions" role="radiogroup" aria-label="Earlier versions">
      {groupByDay(revisions, new Date()).map((day) => (
        <section key={day.name} aria-label={day.name}>
          <h3>{day.name}</h3>
          {day.revisions.map((one) => (
            <label key={one.number} class="revision">
              <input
                type="radio"
                name="revision"
                checked={one.number === chosen}
                onChange={() => choose(one.number)}
              />
              <span class="revision-words">
                <time dateTime={one.written_at}>{timeOfDay(one.written_at)}</time>
                <span class="revision-size">{sizeLabel(one, older.get(one.number))}</span>
                <span class="revision-origin">
                  {originLabel(one, reader)}
                  {one.version > 0 && ", kept beside your program"}
                </span>
              </span>
            </label>
          ))}
        </section>
      ))}
    </div>
  );
}
