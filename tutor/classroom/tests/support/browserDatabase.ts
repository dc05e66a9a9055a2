// A browser's IndexedDB for one test, and what can go wrong with it.

import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { vi } from "vitest";

/** A browser that keeps nothing yet. */
export function freshBrowser(): void {
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal("indexedDB", new IDBFactory());
}

export const refuse = () => {
  throw new DOMException("No.", "QuotaExceededError");
};

/** The database has no room any more. What is returned makes room again. */
export function fillDatabase(): () => void {
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(refuse);
  return () => put.mockRestore();
}

/** So has localStorage. */
export function fillLocalStorage(): () => void {
  const set = vi.spyOn(Storage.prototype, "setItem").mockImplementation(refuse);
  return () => set.mockRestore();
}

/** The database does not answer any more, nor refuse. */
export function silenceDatabase(): void {
  vi.spyOn(indexedDB, "open").mockImplementation(() => ({}) as IDBOpenDBRequest);
}

/** The names of all databases that the browser has. */
export async function databases(): Promise<string[]> {
  return (await indexedDB.databases()).map(({ name }) => name ?? "");
}
