// All that an open lesson has of this browser's storage.

import { Database } from "./database";
import { LocalStore } from "./localStore";
import { OpenPages } from "./openPages";
import { Pastes } from "./pastes";
import { UndoHistories } from "./undoHistories";

export interface LessonStorage {
  readonly openPages: OpenPages;
  readonly store: LocalStore;
  readonly undo: UndoHistories;
  readonly pastes: Pastes;
  /** The page may end: what is not confirmed is kept at once. */
  writeJournal(): void;
  /** Forgets all of this page, and keeps nothing from now on. */
  close(): void;
}

/**
 * Opens it, with what the page has left in whose place this one is loaded. `key` names the lesson of a
 * student. A browser that does not answer is not waited for longer than `ANSWER_WITHIN_MS`; then
 * localStorage serves until it does.
 */
export async function openStorage(key: string, conversation: number): Promise<LessonStorage> {
  const openPages = new OpenPages(key);
  const { name, predecessor } = openPages;
  const database = Database.ofLesson(key);
  const store = new LocalStore(key, name, conversation, database);
  const undo = new UndoHistories(key, name, conversation, database);
  // Loaded again before it was open: then the next page is the successor.
  const leave = () => openPages.passOn();
  window.addEventListener("pagehide", leave);
  await Promise.all([store.open(predecessor), undo.open(predecessor)]);
  window.removeEventListener("pagehide", leave);
  const pastes = new Pastes(key, conversation);
  return {
    openPages,
    store,
    undo,
    pastes,
    writeJournal() {
      store.writeJournal();
      undo.writeJournal();
    },
    close() {
      for (const one of [openPages, store, undo, pastes]) {
        one.close();
      }
    },
  };
}
