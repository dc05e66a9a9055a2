const PATHS = {
  run: "M5 3.2v9.6l8-4.8z",
  stop: "M4 4h8v8H4z",
  send: "M2.5 8 13.5 3l-3.2 10.5-2.6-4zm5.2 1.5L13.5 3",
  reset: "M3.2 8a4.8 4.8 0 1 0 1.5-3.5M4.2 2v3h3",
  history: "M2.8 8.4A5.2 5.2 0 1 0 4.3 4.3L2.8 5.8M2.6 2.8v3.2h3.2M8 5.2V8.2l2 1.4",
  down: "M8 3v9M4 8.5 8 12.5l4-4",
  close: "m4 4 8 8m0-8-8 8",
  check: "m3 8.6 3.3 3.3L13 4.6",
  back: "M10 3.5 5.5 8l4.5 4.5",
  next: "M6 3.5 10.5 8 6 12.5",
  flag: "M4 14V2.8M4 3.2h8.2l-1.9 3 1.9 3H4",
  lock: "M4.5 7.5h7v5.5h-7zM6 7.5V5.3a2 2 0 0 1 4 0v2.2",
  file: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: ReadonlySet<string> = new Set(["run", "stop"]);

/** A picture beside words; screen readers pass over it. */
export function Icon({ name }: { name: IconName }) {
  const filled = FILLED.has(name);
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      aria-hidden="true"
      fill={filled ? "currentColor" : "none"}
      stroke={filled ? "none" : "currentColor"}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
