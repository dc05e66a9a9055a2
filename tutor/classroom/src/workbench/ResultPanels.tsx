import type { Classroom } from "../classroom/classroom";
import { TabRow } from "../controls/TabRow";
import { stepOf, titleOf } from "../page/pageData";
import type { ResultTab } from "../state/model";
import { isPassed } from "../state/progress";
import { activityElsewhere, shownResult } from "../state/selectors";
import { CheckPanel } from "./CheckPanel";
import { OutputPanel } from "./OutputPanel";
import { PredictionPanel } from "./PredictionPanel";

/** Under the editor: what the program prints, and what became of it. */
export function ResultPanels({ classroom }: { classroom: Classroom }) {
  const { step } = classroom;
  if (step.kind === "predict" && !isPassed(classroom.progress().state)) {
    return (
      <div class="results">
        <RunningElsewhere classroom={classroom} />
        <PredictionPanel classroom={classroom} hidden={false} />
      </div>
    );
  }
  const shown = step.kind === "explain" ? "output" : shownResult(classroom.state);
  const other = step.kind === "predict" ? "Prediction" : "Check";
  const tabs: { name: ResultTab; controls: string; label: string }[] = [
    { name: "output", controls: "output", label: "Output" },
    { name: "check", controls: "check", label: other },
  ];
  return (
    <div class="results">
      <RunningElsewhere classroom={classroom} />
      {step.kind === "explain" ? (
        <h2 class="results-title">Output</h2>
      ) : (
        <TabRow
          label="Results"
          look="result-tabs"
          tabs={tabs}
          current={shown}
          choose={(name) => classroom.showResult(name)}
        />
      )}
      <OutputPanel classroom={classroom} hidden={shown !== "output"} />
      {step.kind === "code" && <CheckPanel classroom={classroom} hidden={shown !== "check"} />}
      {step.kind === "predict" && (
        <PredictionPanel classroom={classroom} hidden={shown !== "check"} />
      )}
    </div>
  );
}

/** One program at a time: what is on in another step can be stopped from here. */
function RunningElsewhere({ classroom }: { classroom: Classroom }) {
  const on = activityElsewhere(classroom.state);
  return on ? (
    <p class="notice elsewhere">
      <span>The program of “{titleOf(stepOf(classroom.page, on.step))}” is still running.</span>
      <button
        type="button"
        class="small"
        aria-label="Stop the other program"
        disabled={!classroom.isOnline}
        onClick={() => classroom.stop(on.id)}
      >
        Stop
      </button>
    </p>
  ) : null;
}
