// Whose browser it is: who has logged in last, and whether they have logged out since.
//
// The server says so in a cookie, at every log-in and log-out. So also a page that was asleep, or that
// the Back button shows again, knows at once. Nothing that somebody has written is left in the
// browser's storage for another one.

const CHANNEL = "user";
const COOKIE = /(?:^|; )user=([^;]*)/;
const NOBODY = "nobody";
// As `storage_key` begins, of any lesson: the id of a student.
const LESSON_KEY = /^(\d+):([^.]*)\./;

/** What has become of the user of a page. */
export type UserChange = "logged_out" | "replaced";

/** The user whom the server has written the page for; empty on a page for nobody. */
export function userOfPage(): string {
  return document.documentElement.dataset.user ?? "";
}

/** Null: this user is still logged in, for all that this browser knows. */
export function changeOf(user: string): UserChange | null {
  const now = userOfBrowser();
  if (now === "" || now === user) {
    return null;
  }
  return now === NOBODY ? "logged_out" : "replaced";
}

// Empty where the server has not said yet.
function userOfBrowser(): string {
  return COOKIE.exec(document.cookie)?.[1] ?? "";
}

/** A page was loaded: keeps nothing of others than its user, and tells the pages that are open. */
export function settleUser(): void {
  const user = userOfPage();
  // A page for nobody, without a log-out: the session has run out, and what was written is kept.
  // One whose user was replaced while it was on its way touches nothing.
  if (user === "" ? changeOf(user) === "logged_out" : changeOf(user) === null) {
    forgetOthers(user);
    tellPages();
  }
}

/** Removes what lessons have left of all users but this one. */
export function forgetOthers(user: string): void {
  for (const storage of [() => localStorage, () => sessionStorage]) {
    try {
      for (const key of Object.keys(storage())) {
        const owner = LESSON_KEY.exec(key)?.[1];
        if (owner !== undefined && owner !== user) {
          storage().removeItem(key);
        }
      }
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  }
}

/** The lessons in which this user has left something that the server does not have. */
export function lessonsLeft(user: string): string[] {
  try {
    const found = Object.keys(localStorage).flatMap((key) => {
      const [, owner, lesson] = LESSON_KEY.exec(key) ?? [];
      return owner === user && lesson ? [lesson] : [];
    });
    return [...new Set(found)];
  } catch {
    return [];
  }
}

/**
 * Calls back once, when the user of the page has logged out or another one has logged in. What is
 * returned looks at once, where something else has hinted at it.
 */
export function watchUser(changed: (how: UserChange) => void): () => void {
  const user = userOfPage();
  let told = user === "";
  const look = () => {
    const how = changeOf(user);
    if (how && !told) {
      told = true;
      forgetOthers(userOfBrowser());
      changed(how);
    }
  };
  if (typeof BroadcastChannel !== "undefined") {
    new BroadcastChannel(CHANNEL).addEventListener("message", look);
  }
  // What was asleep has heard nothing.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      look();
    }
  });
  document.addEventListener("visibilitychange", look);
  return look;
}

function tellPages(): void {
  if (typeof BroadcastChannel !== "undefined") {
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage("changed");
    channel.close();
  }
}
