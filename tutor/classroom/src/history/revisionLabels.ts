// Texts about the history of a program. Pure, but for the reader's own way to write times.

import type { Origin } from "../program/model";
import type { Revision } from "./revisions";

/** Who looks: the names that this tab has had, and that of the browser. */
export interface Reader {
  readonly pages: readonly string[];
  readonly device: string;
}

export interface Day {
  readonly name: string;
  readonly revisions: readonly Revision[];
}

const DAY_MS = 86_400_000;

/** By the days of the reader's calendar, in the order they come in. */
export function groupByDay(revisions: readonly Revision[], now: Date): Day[] {
  const days: { name: string; revisions: Revision[] }[] = [];
  for (const revision of revisions) {
    const name = dayName(new Date(revision.written_at), now);
    const last = days.at(-1);
    if (last?.name === name) {
      last.revisions.push(revision);
    } else {
      days.push({ name, revisions: [revision] });
    }
  }
  return days;
}

function dayName(when: Date, now: Date): string {
  // At noon, so that neither is moved by a change of the clocks.
  const noon = (day: Date) => new Date(day).setHours(12, 0, 0, 0);
  const ago = Math.round((noon(now) - noon(when)) / DAY_MS);
  const recent = { 0: "Today", 1: "Yesterday" }[ago];
  return recent ?? when.toLocaleDateString([], { dateStyle: "full" });
}

export function timeOfDay(time: string): string {
  return new Date(time).toLocaleTimeString([], { timeStyle: "short" });
}

/** `in this tab`, or as it is; empty where nobody knows. */
export function placeName({ page, device }: Origin, reader: Reader): string {
  if (reader.pages.includes(page)) {
    return "in this tab";
  }
  if (device !== "" && device === reader.device) {
    return "in another tab of this browser";
  }
  return page || device ? "on another device" : "";
}

const CAUSES: Readonly<Record<string, string>> = {
  typed: "Written",
  reset: "Started over with the lesson’s text",
  restored: "An earlier one, brought back",
  merged: "Two versions, put together",
};

/** What made it and where, as `Written in this tab`. */
export function originLabel(revision: Revision, reader: Reader): string {
  if (revision.number === 0) {
    return "The lesson’s own text";
  }
  const cause = CAUSES[revision.cause] ?? "Written";
  const place = placeName(revision, reader);
  return place ? `${cause} ${place}` : cause;
}

/** How much longer or shorter it is than the one before; its length where that is no such one. */
export function sizeLabel(revision: Revision, older: Revision | undefined): string {
  if (!older || older.version !== revision.version) {
    return count(revision.lines, "line");
  }
  const lines = revision.lines - older.lines;
  const chars = revision.chars - older.chars;
  if (lines !== 0) {
    return difference(lines, "line");
  }
  return chars !== 0 ? difference(chars, "character") : "as long as before";
}

function difference(by: number, what: string): string {
  return `${count(Math.abs(by), what)} ${by > 0 ? "more" : "fewer"}`;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

/** The entry in a list of choices. */
export function choiceLabel(revision: Revision, now: Date): string {
  const day = dayName(new Date(revision.written_at), now);
  return revision.number === 0
    ? "The lesson’s own text"
    : `${day}, ${timeOfDay(revision.written_at)}`;
}
