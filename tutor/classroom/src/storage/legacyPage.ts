// What releases have left in localStorage from before pages had names: one key per step held a program,
// and one held what was said. It counts as one more page that is gone.

import { journal } from "./journal";
import { MESSAGE_DRAFT } from "./pageRecord";

export const LEGACY_PAGE = "earlier";
const LEGACY_NAME = /^(unsent|draft|program\..*|prediction\..*)$/s;

/** The keys of a lesson that are of such a release. */
export function legacyKeys(lesson: string): string[] {
  const prefix = `${lesson}.`;
  return journal.keys(prefix).filter((key) => LEGACY_NAME.test(key.slice(prefix.length)));
}

/** All of it as the record of a page, not parsed yet. */
export function legacyPage(lesson: string): unknown {
  const named = (prefix: string) =>
    legacyKeys(lesson).flatMap((key) =>
      key.startsWith(`${lesson}.${prefix}`)
        ? [[key, key.slice(`${lesson}.${prefix}`.length)] as const]
        : [],
    );
  const copies = named("program.").map(([key, step]) => [step, [journal.read(key)]]);
  const drafts = [...named("prediction."), [`${lesson}.draft`, MESSAGE_DRAFT] as const].flatMap(
    ([key, step]) => {
      const text = journal.text(key);
      return text ? [[step, text]] : [];
    },
  );
  return {
    copies: Object.fromEntries(copies),
    unsent: journal.read(`${lesson}.unsent`),
    drafts: Object.fromEntries(drafts),
  };
}
