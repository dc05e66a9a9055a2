import { queuePlace, type StatusLabel } from "../state/runLabels";

/**
 * The state of a run or an attempt, told to screen readers at each change. The place in line can be read but is
 * never read out by itself: it may change every second.
 */
export function StatusChip({
  name,
  account,
  position,
}: {
  name: string;
  account: StatusLabel | null;
  position: number;
}) {
  const where = queuePlace({ position });
  return (
    <span class="result-state">
      <span class={account ? `chip ${account.tone}` : ""}>
        <span role="status" aria-label={name}>
          {account?.label}
        </span>
        {where && ` – ${where}`}
      </span>
    </span>
  );
}
