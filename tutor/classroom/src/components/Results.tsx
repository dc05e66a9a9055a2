import type { Classroom } from "../classroom";
import { stepOf, titleOf } from "../page";
import { elsewhere, type Result, resultOf } from "../state";
import { Check } from "./Check";
import { Output } from "./Output";
import { Prediction } from "./Prediction";
import { TabRow } from "./TabRow";

/** Under the editor: what the program prints, and what became of it. */
export function Results({ room }: { room: Classroom }) {
  const { step } = room;
  if (step.kind === "predict" && room.progress().state !== "done") {
    return (
      <div class="results">
        <Elsewhere room={room} />
        <Prediction room={room} hidden={false} />
      </div>
    );
  }
  const shown = step.kind === "explain" ? "output" : resultOf(room.state);
  const other = step.kind === "predict" ? "Prediction" : "Check";
  const tabs: { name: Result; controls: string; label: string }[] = [
    { name: "output", controls: "output", label: "Output" },
    { name: "check", controls: "check", label: other },
  ];
  return (
    <div class="results">
      <Elsewhere room={room} />
      {step.kind === "explain" ? (
        <h2 class="results-title">Output</h2>
      ) : (
        <TabRow
          label="Results"
          look="result-tabs"
          tabs={tabs}
          current={shown}
          choose={(name) => room.look(name)}
        />
      )}
      <Output room={room} hidden={shown !== "output"} />
      {step.kind === "code" && <Check room={room} hidden={shown !== "check"} />}
      {step.kind === "predict" && <Prediction room={room} hidden={shown !== "check"} />}
    </div>
  );
}

/** One program at a time: what is on in another step can be stopped from here. */
function Elsewhere({ room }: { room: Classroom }) {
  const on = elsewhere(room.state);
  return on ? (
    <p class="notice elsewhere">
      <span>The program of “{titleOf(stepOf(room.page, on.step))}” is still running.</span>
      <button
        type="button"
        class="small"
        aria-label="Stop the other program"
        disabled={!room.isOnline}
        onClick={() => room.stop(on.id)}
      >
        Stop
      </button>
    </p>
  ) : null;
}
