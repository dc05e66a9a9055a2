// The part of a page that survives a reload in this browser: drafts, and all that the server has not
// confirmed.
//
// Every page (tab) keeps what it has not saved under a name of its own: pages do not write over
// each other's. What a page that is gone has left, the next one takes over (openPages.ts). The targets of
// copies are of one conversation: in another one, what was left replaces nothing.

import { newId } from "../base/ids";
import { ownProperty } from "../base/records";
import type { UnsavedCopy } from "../program/model";
import type { Answer, Say } from "../protocol/frames";
import type { Database } from "./database";
import { journal } from "./journal";
import { LEGACY_PAGE, legacyKeys, legacyPage } from "./legacyPage";
import { type Drafts, EMPTY_PAGE, isEmptyPage, parsePage, type StoredPage } from "./pageRecord";
import { Records, type StoredRecord } from "./records";
import { RecordWriter } from "./recordWriter";

export { answerDraft, type Drafts, MESSAGE_DRAFT, type StoredPage } from "./pageRecord";

// As frames may say it, with a number behind it.
const PAGE_NAME = /^[A-Za-z0-9_-]{1,56}$/;

/** The browser's memory for one lesson of one student. Never throws: it may be full or forbidden. */
export class LocalStore {
  /** Called when `isPersistent` has changed by itself. */
  onChange: () => void = () => {};
  private stored = EMPTY_PAGE;
  private isClosed = false;
  private readonly records: Records;
  private readonly writer: RecordWriter;

  /** `page` is the name of this page. Without a database, all is in localStorage. */
  constructor(
    private readonly key: string,
    private readonly page: string,
    private readonly conversation: number,
    database: Database | null = null,
  ) {
    this.records = new Records(database);
    this.writer = new RecordWriter(database, this.keyOf(page), () => this.onChange());
  }

  /** Goes on with what the page has left in whose place this one is loaded. Bounded in time. */
  async open(predecessor: string | null): Promise<void> {
    const record = await this.writer.takeOver(predecessor && this.keyOf(predecessor));
    if (record) {
      this.save(parsePage(record, this.conversation));
    }
  }

  // Of this page

  /**
   * False: this browser does not keep what this page has not saved. True: all of it is kept, but for what
   * was written in the last moment and has neither been confirmed nor refused yet.
   */
  get isPersistent(): boolean {
    return this.writer.isPersistent;
  }

  /** Waits until it is known. True: all of this page is kept, whatever becomes of it now. */
  settled(): Promise<boolean> {
    return this.writer.settled();
  }

  /** The page may end: what is not confirmed is kept at once. */
  writeJournal(): void {
    this.writer.writeJournal();
  }

  /** The copies of a step that the server does not have. */
  copies(step: string): readonly UnsavedCopy[] {
    return ownProperty(this.stored.copies, step) ?? [];
  }

  /** False: this browser does not keep them. */
  saveCopies(step: string, copies: readonly UnsavedCopy[]): boolean {
    if (copies.length === 0 && this.copies(step).length === 0) {
      return true;
    }
    const others = Object.entries(this.stored.copies).filter(([id]) => id !== step);
    const pairs = copies.length > 0 ? [...others, [step, copies] as const] : others;
    return this.save({ ...this.stored, copies: Object.fromEntries(pairs) });
  }

  /** The steps with something that the server does not have. */
  get stepsWithCopies(): string[] {
    return Object.keys(this.stored.copies);
  }

  get hasDrafts(): boolean {
    return Object.keys(this.stored.drafts).length > 0;
  }

  get unsent(): readonly Say[] {
    return this.stored.unsent;
  }

  saveUnsent(unsent: readonly Say[]): boolean {
    return this.save({ ...this.stored, unsent });
  }

  get answers(): readonly Answer[] {
    return this.stored.answers;
  }

  saveAnswers(answers: readonly Answer[]): boolean {
    return this.save({ ...this.stored, answers });
  }

  draft(step: string): string {
    return ownProperty(this.stored.drafts, step) ?? "";
  }

  saveDraft(step: string, text: string): boolean {
    if (text === this.draft(step)) {
      return this.isPersistent;
    }
    const others = Object.entries(this.stored.drafts).filter(([id]) => id !== step);
    const pairs = text ? [...others, [step, text] as const] : others;
    return this.save({ ...this.stored, drafts: Object.fromEntries(pairs) });
  }

  /** Keeps all of it again: another page may have taken it over. */
  saveAgain(): void {
    this.save(this.stored);
  }

  /** Forgets all of this page, and keeps nothing from now on. */
  close(): void {
    this.isClosed = true;
    this.stored = EMPTY_PAGE;
    this.writer.close();
  }

  // Of other pages

  /** The names of other pages that have left something. */
  async otherPages(): Promise<string[]> {
    if (this.isClosed) {
      return [];
    }
    const prefix = this.keyOf("");
    const found = (await this.records.keys(prefix)).map((key) => key.slice(prefix.length));
    const names = found.filter((name) => name !== this.page && PAGE_NAME.test(name));
    const left = await this.records.read(names.map((name) => this.keyOf(name)));
    const filled = names.filter((_, at) => !isEmptyPage(this.parse(left[at])));
    return legacyKeys(this.key).length > 0 ? [...filled, LEGACY_PAGE] : filled;
  }

  /** The storage of another page; empty where it cannot be read. */
  async storedBy(page: string): Promise<StoredPage> {
    if (page === LEGACY_PAGE) {
      return this.parse(legacyPage(this.key));
    }
    const [record] = await this.records.read([this.keyOf(page)]);
    return this.parse(record);
  }

  /** The drafts of a page that is gone, where this one has none; those that it cannot take. */
  adoptDrafts(drafts: Drafts): Drafts {
    const all = Object.entries(drafts);
    const free = all.filter(([step]) => this.draft(step) === "");
    for (const [step, text] of free) {
      this.saveDraft(step, text);
    }
    return Object.fromEntries(all.filter(([step, text]) => this.draft(step) !== text));
  }

  /** Keeps nothing of a page that is gone, but for these drafts. */
  async forget(page: string, drafts: Drafts = {}): Promise<void> {
    if (this.isClosed) {
      return;
    }
    const rest = Object.keys(drafts).length > 0 ? this.recordOf({ ...EMPTY_PAGE, drafts }) : null;
    if (page !== LEGACY_PAGE) {
      await this.records.replace(this.keyOf(page), rest);
      return;
    }
    if (rest) {
      await this.records.replace(this.keyOf(newId()), rest);
    }
    for (const key of legacyKeys(this.key)) {
      journal.remove(key);
    }
  }

  private save(page: StoredPage): boolean {
    this.stored = this.isClosed ? EMPTY_PAGE : page;
    return this.writer.save(this.recordOf(this.stored));
  }

  private recordOf(page: StoredPage): StoredRecord | null {
    return isEmptyPage(page) ? null : { conversation: this.conversation, ...page };
  }

  private parse(record: unknown): StoredPage {
    return parsePage(record, this.conversation);
  }

  private keyOf(page: string): string {
    return `${this.key}.page.${page}`;
  }
}
