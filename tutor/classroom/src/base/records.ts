// Records whose keys come from elsewhere.

/** The value that the record itself has under this key: a step may be called `constructor`. */
export function ownProperty<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
