// What would be lost with this browser's storage: asked before a log-out.

import { titleOf } from "../page/pageData";
import { userOfPage } from "../storage/currentUser";
import { lessonsLeft } from "../storage/lessonsLeft";
import type { Classroom } from "./classroom";

const STORED_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** Sends what can be sent, waits for it while the connection is up, and says what is left. */
export async function storeAll(classroom: Classroom): Promise<string[]> {
  const deadline = performance.now() + STORED_WITHIN_MS;
  classroom.programs.save();
  while (classroom.isOnline && onTheWay(classroom).length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return unstored(classroom);
}

/** What the server does not have, in words for the student. */
export async function unstored(classroom: Classroom): Promise<string[]> {
  const { store, page } = classroom;
  const found = onTheWay(classroom);
  if (store.hasDrafts) {
    found.push("what you have written, but not sent");
  }
  if ((await store.otherPages()).length > 0) {
    found.push("what another tab of this lesson holds");
  }
  const others = (await lessonsLeft(userOfPage())).filter(
    (lesson) => !page.storage_key.endsWith(`:${lesson}`),
  );
  return [...found, ...others.map((lesson) => `what you wrote last in “${lesson}”`)];
}

function onTheWay({ store, page, state }: Classroom): string[] {
  const steps = page.steps.filter(({ id }) => store.stepsWithCopies.includes(id));
  const found = steps.map((step) => `your program of “${titleOf(step)}”`);
  if (state.unsent.length > 0) {
    found.push("a message to the tutor");
  }
  if (state.answers.length > 0 || state.orders.some(({ type }) => type !== "run")) {
    found.push("an answer");
  }
  return found;
}
