// One record of this page on its way into the browser's database. The rules:
//
// 1. What is saved is written at once. One write is under way at a time; then the newest follows.
// 2. Where the database has refused or not answered, everything is in the journal at once, until a
//    write is confirmed again. The database is tried again after a while.
// 3. When the page may end, what is not confirmed is written into the journal (`writeJournal`).
// 4. The journal holds nothing that the database has confirmed, and a record that was deleted holds
//    its count there until then: an older one does not come back.

import type { Database } from "./database";
import { journal } from "./journal";
import { newest, type StoredRecord } from "./records";

export const RETRY_AFTER_MS = 5_000;

export class RecordWriter {
  /** False: neither the database nor the journal takes what was saved last. */
  isPersistent = true;
  private record: StoredRecord | null = null;
  // Of what was saved, what the database has confirmed, and what the journal holds.
  private count = 0;
  private confirmed = 0;
  private journalled = 0;
  // What the database has answered last.
  private isUp: boolean;
  // Keys of records that go as soon as this one is kept.
  private superseded: string[] = [];
  private writing: Promise<void> | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  /** `changed` is called when `isPersistent` has changed while nobody was saving. */
  constructor(
    private readonly database: Database | null,
    private readonly key: string,
    private readonly changed: () => void = () => {},
  ) {
    this.isUp = database !== null;
  }

  /**
   * The record of the page in whose place this one is loaded; null where there is none. It is forgotten
   * as soon as what is saved next is kept. The database is asked here for the first time.
   */
  async takeOver(predecessor: string | null): Promise<StoredRecord | null> {
    const keys = predecessor === null ? [] : [predecessor];
    let stored: unknown[] = [];
    try {
      const nothing = new Map([[this.key, null]]);
      const asked = this.database && [this.database.read(keys), this.database.write(nothing)];
      stored = asked ? ((await Promise.all(asked))[0] ?? []) : [];
    } catch {
      this.isUp = false;
      this.retryLater();
    }
    const record = predecessor === null ? null : newest(stored[0], journal.read(predecessor));
    this.superseded = record === null ? [] : keys;
    return record;
  }

  /** Keeps this record, or nothing where it is null. False: this browser does not keep it. */
  save(record: StoredRecord | null): boolean {
    if (this.isClosed || (record === null && this.isForgotten)) {
      return true;
    }
    this.record = record;
    this.count += 1;
    if (this.isUp) {
      this.write();
    } else {
      this.isPersistent = this.writeJournal();
    }
    return this.isPersistent;
  }

  /** Waits for what is under way. True: what was saved last is kept, whatever becomes of the page. */
  async settled(): Promise<boolean> {
    await this.writing;
    return this.confirmed === this.count || this.journalled === this.count;
  }

  /** Writes what the database has not confirmed into the journal. False: it does not take it. */
  writeJournal(): boolean {
    const { record, count, key } = this;
    if (this.isClosed || this.confirmed === count || this.journalled === count) {
      return true;
    }
    const isDeleted = record === null && this.database === null;
    if (isDeleted || !journal.write(key, { ...record, count })) {
      if (record !== null) {
        return false;
      }
      // There is nothing to keep: what the database may still have is known to the server.
      journal.remove(key);
    }
    this.journalled = count;
    for (const one of this.superseded) {
      journal.remove(one);
    }
    return true;
  }

  /** Forgets the record, and keeps nothing from now on. What is under way is deleted after it. */
  close(): void {
    this.isClosed = true;
    this.record = null;
    clearTimeout(this.retryTimer);
    journal.remove(this.key);
    this.database?.write(new Map([[this.key, null]])).catch(() => {
      // Whoever is the browser's user next deletes all of this one's.
    });
  }

  private get isForgotten(): boolean {
    return this.record === null && this.confirmed === this.count && this.superseded.length === 0;
  }

  private write(): void {
    clearTimeout(this.retryTimer);
    if (this.database && !this.writing && !this.isClosed) {
      this.writing = this.writeAll(this.database);
    }
  }

  // Does not reject.
  private async writeAll(database: Database): Promise<void> {
    do {
      const { key, record, count, superseded } = this;
      const forgotten = superseded.map((one) => [one, null] as const);
      try {
        await database.write(new Map([[key, record && { ...record, count }], ...forgotten]));
      } catch {
        this.writing = null;
        this.onFailure();
        return;
      }
      this.onConfirmed(count, superseded);
    } while (this.confirmed < this.count && !this.isClosed);
    // In the same breath as the look: what is saved from now on begins another one.
    this.writing = null;
  }

  private onConfirmed(count: number, superseded: string[]): void {
    this.confirmed = count;
    this.isUp = true;
    if (this.journalled > 0 && this.journalled <= count) {
      journal.remove(this.key);
    }
    for (const key of superseded) {
      journal.remove(key);
    }
    this.superseded = [];
    this.setPersistent(true);
  }

  private onFailure(): void {
    if (!this.isClosed) {
      this.isUp = false;
      this.setPersistent(this.writeJournal());
      this.retryLater();
    }
  }

  private retryLater(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.write(), RETRY_AFTER_MS);
  }

  private setPersistent(isPersistent: boolean): void {
    if (this.isPersistent !== isPersistent) {
      this.isPersistent = isPersistent;
      this.changed();
    }
  }
}
