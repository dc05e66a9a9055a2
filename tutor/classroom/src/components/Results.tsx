import type { Classroom } from "../classroom";
import { type Result, resultOf } from "../state";
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
