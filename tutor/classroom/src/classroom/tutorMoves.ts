// The tutor's moves on this page: the student's answers to predictions, hints that are asked for, and
// which of them are about an earlier program.

import { newId } from "../base/ids";
import { type PageData, type Step, stepOf } from "../page/pageData";
import { isSameSource, type Source } from "../program/source";
import { frameProblem } from "../protocol/frameLimits";
import type {
  Answer,
  Hint,
  HintItem,
  Older,
  PredictionItem,
  PredictionView,
  ToBrowser,
} from "../protocol/frames";
import type { Item, State, StateEvent } from "../state/model";
import { orderOlder } from "../state/pages";
import { hintObstacle } from "../state/permissions";
import { answerDraft, type LocalStore } from "../storage/localStore";
import type { Programs } from "./programs";

interface Host {
  readonly page: PageData;
  readonly store: LocalStore;
  readonly programs: Programs;
  readonly state: () => State;
  readonly dispatch: (event: StateEvent) => void;
  readonly send: (frame: Answer | Hint) => void;
  /** False: there is no connection. */
  readonly ask: (frame: Older) => boolean;
}

/** Of one open lesson, beside Classroom. */

export class TutorMoves {
  // By the number of an item: the program that a hint or a prediction was made for.
  private readonly sources = new Map<number, Source>();

  constructor(private readonly host: Host) {}

  // From the server

  /** Comes before the state knows of the frame. */
  beforeFrame(frame: ToBrowser): void {
    const { hintOrder } = this.host.state();
    if (frame.type === "accepted" && frame.item?.kind === "hint") {
      this.record(frame.item, hintOrder?.id === frame.id ? sourceOf(hintOrder) : undefined);
    }
  }

  /** Comes once the state knows of the frame. */
  afterFrame(frame: ToBrowser): void {
    for (const item of this.itemsOf(frame)) {
      this.record(item);
    }
    this.forgetDrafts();
  }

  /** Was the hint given, or the prediction asked, for another program than the one that is shown? */
  isOutdated(item: HintItem | PredictionItem): boolean {
    const { step, stale } = item.kind === "hint" ? item : item.prediction;
    const about = this.sources.get(item.number);
    const now = this.host.programs.shownSource(stepOf(this.host.page, step));
    return about && now ? !isSameSource(about, now) : stale;
  }

  // From the student

  /** What the student has written as an answer, and not sent. */
  draft({ number }: PredictionView): string {
    return this.host.store.draft(answerDraft(number));
  }

  /** Answers a prediction; null: "I don't know". False: it was not taken, and its card says why. */
  answer({ number, call }: PredictionView, written: string | null): boolean {
    // The lines of an output may begin with blanks.
    const text = call ? written?.trim() : written?.trimEnd();
    const answer: Answer = {
      type: "answer",
      id: newId(),
      prediction: number,
      text: text?.toWellFormed() ?? null,
    };
    const { answers } = this.host.state();
    if (answer.text === "" || answers.some(({ prediction }) => prediction === number)) {
      return false;
    }
    const why = frameProblem(answer);
    if (why) {
      this.host.dispatch({ type: "answer_refused", prediction: number, why });
      return false;
    }
    this.host.dispatch({ type: "prediction_answered", answer });
    this.host.send(answer);
    return true;
  }

  /** Asks for a hint about the program of a step, or says why none can be asked for. */
  askHint(step: Step): void {
    const order: Hint = {
      type: "hint",
      id: newId(),
      ...this.host.programs.frameFields(step),
    };
    const state = this.host.state();
    const why = hintObstacle(state) || frameProblem(order);
    if (why) {
      this.host.dispatch({ type: "hint_refused", why });
    } else if (state.hintOrder === null) {
      this.host.dispatch({ type: "hint_ordered", order });
      this.host.send(order);
    }
  }

  /** Asks for what was said before that which is here. */
  readOlder(): void {
    const order = orderOlder(this.host.state());
    if (order && this.host.ask(order)) {
      this.host.dispatch({ type: "older_ordered" });
    }
  }

  /** The items of which the frame says whether they are stale. */
  private itemsOf(frame: ToBrowser): Item[] {
    switch (frame.type) {
      case "hello":
      case "items":
        return frame.items;
      case "item":
        return [frame.item];
      case "prediction":
        return this.host.state().items.filter((item) => isAbout(item, frame.prediction));
      default:
        return [];
    }
  }

  /** `source` is the program that it is about; else the one that the server has. */
  private record(item: Item, source?: Source): void {
    if (item.kind !== "hint" && item.kind !== "prediction") {
      return;
    }
    const { step, stale } = item.kind === "hint" ? item : item.prediction;
    const known = this.host.programs.stateOf(stepOf(this.host.page, step)).server?.source;
    const about = source ?? known;
    if (!stale && about) {
      this.sources.set(item.number, about);
    }
  }

  /** Of predictions that are no longer open, answered here or elsewhere. */
  private forgetDrafts(): void {
    for (const item of this.host.state().items) {
      if (item.kind === "prediction" && item.prediction.state !== "open") {
        this.host.store.saveDraft(answerDraft(item.prediction.number), "");
      }
    }
  }
}

function isAbout(item: Item, { number }: PredictionView): boolean {
  return item.kind === "prediction" && item.prediction.number === number;
}

function sourceOf({ code, files = {} }: Hint): Source {
  return { code, files };
}
