import { useEffect, useState } from "preact/hooks";
import type { Classroom } from "../classroom/classroom";
import { FetchFailed } from "../controls/FetchFailed";
import { LargeDialog } from "../controls/LargeDialog";
import type { VersionChoice } from "../program/model";

/** What is asked for of a step's versions: all of its history, or one beside what is shown. */
export type VersionQuestion = { about: "history" } | { about: "other"; other: VersionChoice };

type Dialogs = typeof import("../history/dialogs");

/** A dialog about versions, which is fetched when it is first asked for. */
export function VersionDialog({
  classroom,
  question,
  closed,
}: {
  classroom: Classroom;
  question: VersionQuestion;
  closed: () => void;
}) {
  const [dialogs, setDialogs] = useState<Dialogs | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!failed) {
      import("../history/dialogs").then(setDialogs, () => setFailed(true));
    }
  }, [failed]);
  if (failed) {
    return (
      <LargeDialog title="Versions of your program" closed={closed}>
        {() => (
          <FetchFailed
            message="This part of the page could not be loaded. Is there a connection?"
            again={() => setFailed(false)}
          />
        )}
      </LargeDialog>
    );
  }
  if (!dialogs) {
    return (
      <p class="sr-only" role="status">
        Loading…
      </p>
    );
  }
  const { step } = classroom;
  return question.about === "history" ? (
    <dialogs.HistoryDialog classroom={classroom} step={step} closed={closed} />
  ) : (
    <dialogs.CompareDialog
      classroom={classroom}
      step={step}
      other={question.other}
      closed={closed}
    />
  );
}
