// Records in both places of this browser, the database and the journal. Of one that is in both, the one
// with the greater count is the newer; records of releases before have none.

import type { Database } from "./database";
import { journal } from "./journal";

/** What can be stored: an object, which is given its count. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/** Never throws: a database that refuses holds nothing, for whoever asks. */
export class Records {
  constructor(private readonly database: Database | null) {}

  /** All keys that begin so. */
  async keys(prefix: string): Promise<string[]> {
    const stored = await this.orNone((database) => database.keys(prefix));
    return [...new Set([...stored, ...journal.keys(prefix)])];
  }

  /** The newest of what is there for each key; null for what is not. */
  async read(keys: string[]): Promise<(StoredRecord | null)[]> {
    const stored = await this.orNone((database) => database.read(keys));
    return keys.map((key, at) => newest(stored[at], journal.read(key)));
  }

  /** Replaces the record of a page that is gone, or forgets it where it is null. */
  async replace(key: string, record: StoredRecord | null): Promise<void> {
    try {
      await this.database?.write(new Map([[key, record]]));
      if (record === null || this.database !== null) {
        journal.remove(key);
        return;
      }
    } catch {
      // Then the journal hides what the database still has, below.
    }
    const [known] = await this.read([key]);
    if (known !== null || record !== null) {
      journal.write(key, { ...record, count: countOf(known) + 1 });
    }
  }

  private async orNone<T>(ask: (database: Database) => Promise<T[]>): Promise<T[]> {
    try {
      return this.database ? await ask(this.database) : [];
    } catch {
      return [];
    }
  }
}

/** Of a record in both places the newer one; null where neither can be read. */
export function newest(stored: unknown, journalled: unknown): StoredRecord | null {
  const valid = [stored, journalled].filter(isRecord);
  return valid.reduce<StoredRecord | null>(
    (best, one) => (best === null || countOf(one) > countOf(best) ? one : best),
    null,
  );
}

export function isRecord(value: unknown): value is StoredRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function countOf(record: StoredRecord | null | undefined): number {
  const count = Number(record?.count ?? 0);
  return Number.isSafeInteger(count) ? count : 0;
}
