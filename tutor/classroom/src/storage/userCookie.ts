// Who uses this browser, by the cookie that the server sets at every log-in and log-out.

const COOKIE = /(?:^|; )user=([^;]*)/;
const NOBODY = "nobody";

/** What has become of the user of a page. */
export type UserChange = "logged_out" | "replaced";

/** Null: this user is still logged in, for all that this browser knows. */
export function changeOf(user: string): UserChange | null {
  const now = userOfBrowser();
  if (now === "" || now === user) {
    return null;
  }
  return now === NOBODY ? "logged_out" : "replaced";
}

/** Empty where the server has not said yet. */
export function userOfBrowser(): string {
  return COOKIE.exec(document.cookie)?.[1] ?? "";
}
