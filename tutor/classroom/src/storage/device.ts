// The name of this browser: tells what was written in it from what came from another device.

import { newId } from "../base/ids";

const KEY = "device";
const NAME = /^[A-Za-z0-9_-]{1,56}$/;

// Where nothing can be kept, of this page alone.
let own = "";

/** The same in all pages of the browser, until its storage is emptied. Never throws. */
export function deviceName(): string {
  own ||= newId();
  try {
    if (!NAME.test(localStorage.getItem(KEY) ?? "")) {
      localStorage.setItem(KEY, own);
    }
    // Another page may have been first.
    return localStorage.getItem(KEY) ?? own;
  } catch {
    return own;
  }
}
