// The browser's database of one user: records by their keys. Each user has one of their own, so that
// nothing of somebody is left once it is deleted.
//
// What a write has confirmed survives the browser's sudden end, which localStorage promises of the
// last seconds not. Transactions of one database are in the order in which they were begun, over all
// pages: what is deleted after a write stays deleted.

import { getMany, keys, promisifyRequest } from "idb-keyval";
import { changeOf } from "./userCookie";

const NAME = /^lessons-of-(\d+)$/;
const STORE = "records";
const USER_OF_KEY = /^(\d+):/;
/** What the browser has not answered in this time is as good as refused. It may be done all the same. */
export const ANSWER_WITHIN_MS = 2_000;

type Act<T> = (store: IDBObjectStore) => T | PromiseLike<T>;

/** Why the database of somebody who is no longer the browser's user is not opened again. */
class UserGone extends Error {}

/** Every method rejects where the browser refuses; nothing of that write is stored then. */
export class Database {
  // Null until it is needed, and after the browser has closed it.
  private opened: Promise<IDBDatabase> | null = null;

  private constructor(private readonly user: string) {}

  /**
   * The database for the keys of a lesson. Null where the browser has none, or cannot say which there
   * are: then those of others could not be forgotten.
   */
  static ofLesson(key: string): Database | null {
    const user = USER_OF_KEY.exec(key)?.[1];
    return user !== undefined && canList() ? new Database(user) : null;
  }

  /** The database of a user, if this browser has it: it is not made by looking. */
  static async existing(user: string): Promise<Database | null> {
    const users = await storedUsers().catch((): string[] => []);
    return users.includes(user) ? new Database(user) : null;
  }

  /** The values of keys, in their order; undefined for what is not there. */
  async read(names: string[]): Promise<unknown[]> {
    return getMany(names, (mode, act) => this.transact(mode, act));
  }

  /** All keys that begin so. */
  async keys(prefix: string): Promise<string[]> {
    const all = await keys<IDBValidKey>((mode, act) => this.transact(mode, act));
    return all.filter((key): key is string => typeof key === "string" && key.startsWith(prefix));
  }

  /** Writes all of it or nothing; what is null is deleted. */
  async write(changes: ReadonlyMap<string, unknown>): Promise<void> {
    await this.transact("readwrite", (store) => {
      try {
        for (const [key, value] of changes) {
          if (value === null) {
            store.delete(key);
          } else {
            store.put(value, key);
          }
        }
      } catch (error) {
        store.transaction.abort();
        throw error;
      }
      return promisifyRequest(store.transaction);
    });
  }

  private async transact<T>(mode: IDBTransactionMode, act: Act<T>): Promise<T> {
    try {
      return await within(ANSWER_WITHIN_MS, this.begin(mode, act));
    } catch (error) {
      // Whatever it was, the next one is asked of a database that is opened anew.
      this.opened?.then((database) => database.close()).catch(() => {});
      this.opened = null;
      throw error;
    }
  }

  private async begin<T>(mode: IDBTransactionMode, act: Act<T>): Promise<T> {
    const database = await this.open();
    let transaction: IDBTransaction;
    try {
      transaction = database.transaction(STORE, mode);
    } catch (error) {
      // The browser is closing it, and has not said so yet. Once more, with another one.
      if (!(error instanceof DOMException && error.name === "InvalidStateError")) {
        throw error;
      }
      this.opened = null;
      transaction = (await this.open()).transaction(STORE, mode);
    }
    return act(transaction.objectStore(STORE));
  }

  private open(): Promise<IDBDatabase> {
    this.opened ??= this.openAnew();
    return this.opened;
  }

  private async openAnew(): Promise<IDBDatabase> {
    this.assertUser();
    const request = indexedDB.open(nameOf(this.user));
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    const database = await promisifyRequest(request);
    const close = () => {
      database.close();
      this.opened = null;
    };
    // Another page deletes it, or a later release changes it: neither waits for this page.
    database.onversionchange = close;
    database.onclose = close;
    try {
      this.assertUser();
    } catch (error) {
      // It was deleted before it was opened, and is there again now.
      close();
      indexedDB.deleteDatabase(database.name);
      throw error;
    }
    return database;
  }

  private assertUser(): void {
    if (changeOf(this.user) !== null) {
      throw new UserGone("The user of this database is no longer the browser's.");
    }
  }
}

/** Deletes the databases of all users but this one. Never rejects. */
export async function deleteOtherDatabases(user: string): Promise<void> {
  try {
    const others = (await storedUsers()).filter((one) => one !== user);
    await Promise.all(others.map((one) => promisifyRequest(indexedDB.deleteDatabase(nameOf(one)))));
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** The users that have a database in this browser. */
async function storedUsers(): Promise<string[]> {
  const found = canList() ? await indexedDB.databases() : [];
  return found.flatMap(({ name }) => NAME.exec(name ?? "")?.[1] ?? []);
}

function canList(): boolean {
  try {
    return typeof indexedDB !== "undefined" && typeof indexedDB.databases === "function";
  } catch {
    return false;
  }
}

function nameOf(user: string): string {
  return `lessons-of-${user}`;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The browser did not answer in ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
