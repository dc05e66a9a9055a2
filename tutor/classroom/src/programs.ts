// The programs of all steps: what goes to the server of them, and what the browser keeps.

import type {
  CheckCode,
  Edit,
  FromBrowser,
  Hello,
  ProgramChanged,
  RunCode,
  Saved,
  Say,
} from "./frames";
import { newId } from "./ids";
import { isEditable, type Page, type Step } from "./page";
import type { Choice, Copy, Name, Program, Stored, Text } from "./program";
import * as program from "./program";
import * as reconcile from "./reconcile";
import { unfit } from "./sizes";
import type { Drawer } from "./storage";
import { fitted, started, type Work } from "./work";

const SAVE_AFTER_MS = 1_000;

/** A frame that carries a program. */
export type Carrier = Say | RunCode | CheckCode | Edit;
/** The part of it that every such frame has. */
export type Cargo = Pick<Edit, "step" | "code" | "files" | "base" | "version" | "page">;

export class Programs {
  // By step, all of those that the lesson has.
  private readonly all: Map<string, Program>;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  /** `send` says whether the frame was sent. */
  constructor(
    private readonly page: Page,
    private readonly drawer: Drawer,
    private readonly send: (frame: FromBrowser) => boolean,
  ) {
    this.all = new Map(page.steps.map((step) => [step.id, program.opened(this.copies(step))]));
  }

  of(step: Step): Program {
    return this.all.get(step.id) ?? program.opened();
  }

  /** What the editor shows; null until it is known. */
  shown(step: Step): Work | null {
    // What nobody may change is what the lesson says.
    return isEditable(step) ? (program.shownText(this.of(step))?.work ?? null) : started(step);
  }

  /** The step's program as frames carry it. */
  cargo(step: Step): Cargo {
    const text = program.shownText(this.of(step));
    const work = this.shown(step) ?? started(step);
    return { step: step.id, ...carried(work, text ?? { base: 0, version: 0, page: "" }) };
  }

  // From the server

  greet(hello: Hello): void {
    for (const view of hello.steps) {
      this.change(view.id, (one, step) => reconcile.greeted(one, stored(step, view)));
    }
  }

  changed(frame: ProgramChanged): void {
    this.change(frame.step, (one, step) => reconcile.changed(one, stored(step, frame)));
    this.restore(frame.step);
  }

  saved({ id, step, revision, version }: Saved): void {
    this.change(step, (one) => reconcile.saved(one, id, revision, version));
    this.restore(step);
  }

  /** True: it was an order of ours that is told elsewhere. */
  refused(id: string, why: string): boolean {
    let isOurs = false;
    for (const step of this.all.keys()) {
      this.change(step, (one) => {
        isOurs ||= one.restoring === id;
        return reconcile.refused(one, id, why);
      });
    }
    return isOurs;
  }

  // From the student

  /** The student has changed the file at `path` of a text, or its program where it is empty. */
  edit(step: string, key: number, path: string, before: string, after: string): void {
    this.change(step, (one) => program.edited(one, key, path, before, after));
    this.saveSoon();
  }

  rewrite(step: string, work: Work): void {
    this.change(step, (one) => program.rewritten(one, work));
    this.saveSoon();
  }

  show(step: string, choice: Choice): void {
    this.change(step, (one) => program.showing(one, choice));
  }

  /** Keeps what is shown, though it was taken from the list. */
  keep(step: string): void {
    this.change(step, program.keeping);
    this.save();
  }

  /** Makes the version that is shown the program. */
  want(step: string): void {
    this.change(step, program.wanting);
    this.save();
    this.restore(step);
  }

  dismiss(step: string, version: number): void {
    this.save();
    if (this.send({ type: "dismiss", step, version })) {
      this.change(step, (one) => program.dismissing(one, version));
    }
  }

  /** What was dismissed last is no longer offered, or is kept again. */
  undismiss(step: string, isBack: boolean): void {
    this.change(step, (one) => program.undismissing(one, isBack));
    this.save();
  }

  // To the server

  /** The frame was sent with what is shown of its step. */
  sent(frame: Carrier): void {
    this.change(frame.step ?? "", (one, step) =>
      isEditable(step) ? program.writing(one, frame.id, one.shown) : one,
    );
  }

  /** A frame of before, as it may be sent again. */
  again<T extends Carrier>(frame: T): T {
    const { base, version = 0, page = "" } = frame;
    const name = { base, version, page };
    const one = this.all.get(frame.step ?? "");
    const again = one ? program.nameAgain(one, frame.id, name) : name;
    return again === name ? frame : { ...frame, ...again };
  }

  /** The frame of before was sent again. */
  sentAgain({ id, step, code, files = {}, base, version = 0, page = "" }: Carrier): void {
    const name = { base, version, page };
    this.change(step ?? "", (one) => program.sendingAgain(one, id, name, { code, files }));
  }

  /** Sends whatever the server does not have; the program of a step first. */
  save(): void {
    clearTimeout(this.saveTimer);
    for (const step of this.page.steps.filter(isEditable)) {
      const { texts, main } = this.of(step);
      for (const text of texts.toSorted((a, b) => +(b.key === main) - +(a.key === main))) {
        this.write(step, text);
      }
    }
  }

  /** Takes over what a page that is gone has left of a step. `page` is its name. */
  takeOver(id: string, copies: readonly Copy[], page: string): boolean {
    const step = this.page.steps.find((one) => one.id === id);
    if (!step || !isEditable(step)) {
      return true;
    }
    const take = (one: Program, copy: Copy, at: number) =>
      reconcile.takenOver(
        one,
        { ...copy, ...fitted(step, copy) },
        at === 0 ? page : `${page}-${at}`,
      );
    return this.change(id, (one) => copies.reduce(take, one));
  }

  private saveSoon(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  private write(step: Step, text: Text): void {
    if (program.isDue(this.of(step), text)) {
      const edit: Edit = {
        type: "edit",
        id: newId(),
        step: step.id,
        ...carried(text.work, text),
      };
      if (!unfit(edit) && this.send(edit)) {
        this.change(step.id, (one) => program.writing(one, edit.id, text.key));
      }
    }
  }

  private restore(step: string): void {
    const one = this.all.get(step);
    const version = one ? program.restorable(one) : 0;
    if (one && version > 0) {
      const id = newId();
      if (this.send({ type: "restore", id, step, base: one.over, version })) {
        this.change(step, (now) => program.restoring(now, id));
      }
    }
  }

  private copies(step: Step): Copy[] {
    const copies = isEditable(step) ? this.drawer.copies(step.id) : [];
    return copies.map((copy) => ({ ...copy, ...fitted(step, copy) }));
  }

  /** False: the browser does not keep what the server does not have. */
  private change(id: string, how: (one: Program, step: Step) => Program): boolean {
    const step = this.page.steps.find((one) => one.id === id);
    const known = this.all.get(id);
    if (!step || !known) {
      return true;
    }
    const next = how(known, step);
    this.all.set(id, next);
    return !isEditable(step) || this.drawer.keepCopies(id, program.copies(next));
  }
}

function stored(step: Step, view: Omit<ProgramChanged, "type" | "step">): Stored {
  return {
    revision: view.revision,
    work: fitted(step, view),
    versions: view.versions.map(({ id, written_at, code, files }) => ({
      id,
      writtenAt: written_at,
      work: fitted(step, { code, files }),
    })),
  };
}

function carried({ code, files }: Work, { base, version, page }: Name): Omit<Cargo, "step"> {
  return { code, files: { ...files }, base, version, ...(page ? { page } : {}) };
}
