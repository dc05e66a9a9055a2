// A finished lesson in words.

import type { StepState } from "./progress";

/** How its steps, in these states, were passed. */
export function finishSummary(states: readonly StepState[]): string {
  const all = states.length;
  const helped = states.filter((state) => state === "passed_with_help").length;
  const own = all - helped;
  if (helped === 0) {
    return all === 1 ? "You passed it on your own." : `You passed all ${all} steps on your own.`;
  }
  if (own === 0) {
    const what = all === 1 ? "it" : `all ${all} steps`;
    return `You passed ${what} with help. Asking for it is a good way to learn.`;
  }
  return `You passed ${own} of ${all} steps on your own and ${helped} with help. Asking for it is a good way to learn.`;
}
