import { type Account, place } from "../runs";

/**
 * How something goes, told to screen readers at each change. The place in line can be read but is
 * never read out by itself: it may change every second.
 */
export function Status({
  name,
  account,
  position,
}: {
  name: string;
  account: Account | null;
  position: number;
}) {
  const where = place({ position });
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
