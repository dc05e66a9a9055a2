// The undo histories of a page, which it goes on with when it is loaded again. They are of this page
// alone: another tab undoes nothing of what was written here.

import type { UndoKeeper } from "../editor/codeEditor";
import type { UndoHistory } from "../editor/undoHistory";
import type { Database } from "./database";
import { isRecord, Records } from "./records";
import { RecordWriter } from "./recordWriter";

/** So long a history may wait until it is kept; text does not. */
const KEEP_AFTER_MS = 1_000;
/** Of all texts of a page together. The newest stay. */
export const MAX_ALL_CHARS = 1_000_000;

// Names of those of the page before.
const NUMBER = /^\d+$/;

/** The file at `path` in a working copy of a step; `copy` is the copy's key in this page. */
export interface UndoPlace {
  readonly step: string;
  readonly copy: number;
  readonly path: string;
}

/** A history as it is stored; the copy's key means nothing in the next page. */
interface StoredHistory extends UndoHistory {
  readonly step: string;
  readonly path: string;
}

export class UndoHistories {
  // By place; of the page before, by their numbers. The newest last.
  private readonly kept = new Map<string, StoredHistory>();
  // What has changed since, by place.
  private readonly changed = new Map<string, [UndoPlace, () => UndoHistory | null]>();
  private readonly records: Records;
  // Null where there is no database: localStorage has no room for it.
  private readonly writer: RecordWriter | null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `key` names the lesson of a student, as in LocalStore, `page` this page. */
  constructor(
    private readonly key: string,
    private readonly page: string,
    private readonly conversation: number,
    database: Database | null,
  ) {
    this.records = new Records(database);
    this.writer = database && new RecordWriter(database, this.keyOf(page));
  }

  /** Goes on with those of the page in whose place this one is loaded. Bounded in time. */
  async open(predecessor: string | null): Promise<void> {
    const record = await this.writer?.takeOver(predecessor && this.keyOf(predecessor));
    if (record?.conversation === this.conversation) {
      for (const [number, one] of parseHistories(record.histories).entries()) {
        this.kept.set(`${number}`, one);
      }
    }
    this.write();
  }

  /** For the editor. */
  keeper(place: UndoPlace): UndoKeeper {
    return {
      find: (text) => this.find(place, text),
      changed: (history) => {
        this.changed.set(nameOf(place), [place, history]);
        this.timer ??= setTimeout(() => this.write(), KEEP_AFTER_MS);
      },
    };
  }

  /** The page may end: what is not confirmed is kept at once. */
  writeJournal(): void {
    this.write();
    this.writer?.writeJournal();
  }

  /** The names of other pages that have some. */
  async otherPages(): Promise<string[]> {
    const prefix = this.keyOf("");
    const names = (await this.records.keys(prefix)).map((key) => key.slice(prefix.length));
    return names.filter((name) => name !== this.page);
  }

  /** Forgets those of a page that is gone: nobody goes on with it. */
  forget(page: string): Promise<void> {
    return this.records.replace(this.keyOf(page), null);
  }

  /** Forgets all of this page, and keeps nothing from now on. */
  close(): void {
    clearTimeout(this.timer);
    this.kept.clear();
    this.changed.clear();
    this.writer?.close();
  }

  private find(place: UndoPlace, text: string): UndoHistory | null {
    this.settle();
    const all = [...this.kept].toReversed();
    const found = all.find(
      ([, one]) => one.step === place.step && one.path === place.path && one.text === text,
    );
    if (!found) {
      return null;
    }
    const [name, history] = found;
    // From now on it is this copy's.
    if (NUMBER.test(name)) {
      this.kept.delete(name);
    }
    this.put(nameOf(place), history);
    return history;
  }

  private settle(): void {
    for (const [name, [{ step, path }, history]] of this.changed) {
      const made = history();
      this.put(name, made && { ...made, step, path });
    }
    this.changed.clear();
  }

  private put(name: string, history: StoredHistory | null): void {
    this.kept.delete(name);
    if (history) {
      this.kept.set(name, history);
    }
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.settle();
    const histories = newest([...this.kept.values()]);
    const { conversation } = this;
    this.writer?.save(histories.length > 0 ? { conversation, histories } : null);
  }

  private keyOf(page: string): string {
    return `${this.key}.undo.${page}`;
  }
}

function nameOf({ step, copy, path }: UndoPlace): string {
  return `${step} ${copy} ${path}`;
}

/** The newest, which are the last, as many as may be kept. */
function newest(all: StoredHistory[]): StoredHistory[] {
  let room = MAX_ALL_CHARS;
  const fitting = all.toReversed().filter((one) => {
    room -= JSON.stringify(one).length;
    return room >= 0;
  });
  return fitting.toReversed();
}

function parseHistories(value: unknown): StoredHistory[] {
  return Array.isArray(value) ? value.filter(isHistory) : [];
}

// Of its events the editor finds out whether they fit.
function isHistory(value: unknown): value is StoredHistory {
  if (!isRecord(value)) {
    return false;
  }
  const { step, path, text, done, undone } = value;
  return (
    [step, path, text].every((one) => typeof one === "string") &&
    Array.isArray(done) &&
    Array.isArray(undone)
  );
}
