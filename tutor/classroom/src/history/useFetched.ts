import { useEffect, useState } from "preact/hooks";

export type Fetched<T> =
  | { state: "loading" }
  | { state: "failed"; message: string }
  | { state: "loaded"; value: T };

/** What `fetch` resolves to, fetched anew for another `key`; and a function that tries again. */
export function useFetched<T>(
  key: string,
  fetch: () => Promise<T>,
): [fetched: Fetched<T>, again: () => void] {
  const [tries, setTries] = useState(0);
  const [fetched, setFetched] = useState<{ of: string; now: Fetched<T> } | null>(null);
  const of = `${key} ${tries}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `fetch` is another one in each drawing
  useEffect(() => {
    let isWanted = true;
    const set = (now: Fetched<T>) => isWanted && setFetched({ of, now });
    fetch().then(
      (value) => set({ state: "loaded", value }),
      (error: Error) => set({ state: "failed", message: error.message }),
    );
    return () => {
      isWanted = false;
    };
  }, [of]);
  const now = fetched?.of === of ? fetched.now : ({ state: "loading" } as const);
  return [now, () => setTries(tries + 1)];
}
