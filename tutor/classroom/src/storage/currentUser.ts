// Whose browser it is: who has logged in last, and whether they have logged out since.
//
// The server says so in a cookie, at every log-in and log-out. So also a page that was asleep, or that
// the Back button shows again, knows at once. Nothing that somebody has written is left in the
// browser's storage for another one.

import { deleteOtherDatabases } from "./database";
import { changeOf, type UserChange, userOfBrowser } from "./userCookie";

const CHANNEL = "user";
// As `storage_key` begins, of any lesson: the id of a student.
const LESSON_KEY = /^(\d+):([^.]*)\./;

/** The user whom the server has written the page for; empty on a page for nobody. */
export function userOfPage(): string {
  return document.documentElement.dataset.user ?? "";
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

/** Removes what lessons have left of all users but this one; of the database soon. */
export function forgetOthers(user: string): void {
  void deleteOtherDatabases(user);
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
