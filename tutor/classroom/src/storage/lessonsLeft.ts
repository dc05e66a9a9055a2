// The lessons of which this browser has something that the server does not have.

import { Database } from "./database";
import { journal } from "./journal";
import { legacyKeys } from "./legacyPage";
import { isEmptyRecord } from "./pageRecord";
import { Records } from "./records";

// A user's id, a lesson and the name of a page.
const PAGE_KEY = /^\d+:([^.]*)\.page\../;
const LESSON_KEY = /^\d+:([^.]*)\./;

/** Their names, each as in `storage_key`. */
export async function lessonsLeft(user: string): Promise<string[]> {
  const records = new Records(await Database.existing(user));
  const keys = (await records.keys(`${user}:`)).filter((key) => PAGE_KEY.test(key));
  const left = await records.read(keys);
  const lessons = keys.flatMap((key, at) =>
    isEmptyRecord(left[at]) ? [] : (PAGE_KEY.exec(key)?.[1] ?? []),
  );
  const legacy = journal.keys(`${user}:`).flatMap((key) => {
    const lesson = LESSON_KEY.exec(key)?.[1];
    return lesson && legacyKeys(`${user}:${lesson}`).includes(key) ? [lesson] : [];
  });
  return [...new Set([...lessons, ...legacy])];
}
