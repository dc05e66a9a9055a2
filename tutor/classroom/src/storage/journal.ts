// The journal: records in localStorage, which is written at once. It holds what the database has not
// confirmed when the page may end, all of it where there is no database, and what releases before
// there was one have left.

/** Reads and writes by key; never throws. */
export const journal = {
  /** All keys that begin so. */
  keys(prefix: string): string[] {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },

  text(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },

  /** Null where there is nothing, or what cannot be read. */
  read(key: string): unknown {
    try {
      return JSON.parse(this.text(key) ?? "null");
    } catch {
      return null;
    }
  },

  /** False: the browser does not keep it; what was there before still is. */
  write(key: string, value: unknown): boolean {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },

  remove(key: string): void {
    try {
      localStorage.removeItem(key);
    } catch {
      // A browser that keeps nothing has nothing to remove.
    }
  },
};
