// Names for messages and runs. Not randomUUID: browsers offer it over HTTPS only, and a school's
// own network may not have that.

const BYTES = 12;

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
