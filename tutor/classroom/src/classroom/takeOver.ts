// What pages that are gone have left in this browser, taken over by a page that is open.

import type { State, StateEvent } from "../state/model";
import type { Sent } from "../state/orders";
import type { LessonStorage } from "../storage/lessonStorage";
import type { Programs } from "./programs";

/** The page that takes over, as TakeOver uses it. */
export interface TakeOverHost {
  readonly storage: LessonStorage;
  readonly programs: Programs;
  state(): State;
  dispatch(event: StateEvent): void;
  sendAgain(frame: Sent): void;
}

export class TakeOver {
  private isUnderWay = false;
  private isClosed = false;

  constructor(private readonly host: TakeOverHost) {}

  /** Looks for such pages, and takes over all of them; once at a time. */
  async begin(): Promise<void> {
    if (!this.isUnderWay) {
      this.isUnderWay = true;
      await this.takeAll();
      this.isUnderWay = false;
      this.host.programs.save();
    }
  }

  /** Touches nothing from now on. */
  close(): void {
    this.isClosed = true;
  }

  private async takeAll(): Promise<void> {
    const { store, undo, openPages } = this.host.storage;
    const names = await store.otherPages();
    const undone = await undo.otherPages();
    const isAlone = names.length + undone.length === 0;
    const open = isAlone ? new Set() : await openPages.others();
    for (const name of names.filter((one) => !open.has(one))) {
      await this.takePage(name);
    }
    for (const name of undone.filter((one) => !open.has(one) && !this.isClosed)) {
      await undo.forget(name);
    }
  }

  private async takePage(name: string): Promise<void> {
    const { storage, programs, state, dispatch, sendAgain } = this.host;
    const { copies, unsent, answers, drafts } = await storage.store.storedBy(name);
    if (this.isClosed) {
      return;
    }
    const steps = Object.entries(copies);
    const kept = steps.map(([step, all]) => programs.takeOver(step, all, name));
    const said = unsent
      .filter(({ id }) => !state().unsent.some((say) => say.id === id))
      .map((say) => ({ ...say, page: say.page || name }));
    const rest = storage.store.adoptDrafts(drafts);
    dispatch({ type: "unsent_found", said, answers });
    for (const frame of [...said, ...answers]) {
      sendAgain(frame);
    }
    // Not before this page has all of it.
    if (kept.every(Boolean) && (await storage.store.settled())) {
      await storage.store.forget(name, rest);
    }
  }
}
