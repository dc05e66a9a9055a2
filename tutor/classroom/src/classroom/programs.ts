// The programs of all steps: what goes to the server of them, and what the browser keeps.

import { newId } from "../base/ids";
import { isEditable, type PageData, type Step } from "../page/pageData";
import { applyEdit, replaceProgram, replaceSeen, replaceShown } from "../program/edits";
import {
  type Cause,
  openProgram,
  type ProgramState,
  type ServerProgram,
  type UnsavedCopy,
  type VersionChoice,
  type WorkingCopy,
} from "../program/model";
import {
  reconcileHello,
  reconcileProgram,
  reconcileRefused,
  reconcileSaved,
  takeOverCopy,
} from "../program/reconcile";
import { fitToStep, isSameSource, type Source, starterSource } from "../program/source";
import {
  dismissVersion,
  endDismissal,
  keepShown,
  recordRestore,
  requestRestore,
  restorableVersion,
  showVersion,
} from "../program/versions";
import { shownCopy } from "../program/workingCopies";
import {
  needsSending,
  recordResend,
  recordWrite,
  resendTarget,
  unsavedCopies,
} from "../program/writes";
import { frameProblem } from "../protocol/frameLimits";
import type {
  CheckCode,
  Edit,
  FromBrowser,
  Hello,
  Hint,
  ProgramChanged,
  RunCode,
  Saved,
  Say,
} from "../protocol/frames";
import type { LessonStorage } from "../storage/lessonStorage";
import { Following } from "./following";

// The server has an edit at the latest so long after it, however fast somebody goes on typing.
const SAVE_WITHIN_MS = 1_000;

/** A frame that carries a program. */
export type ProgramFrame = Say | RunCode | CheckCode | Hint | Edit;
/** The part of it that every such frame has. */
export type ProgramFields = Pick<
  Edit,
  "step" | "code" | "files" | "base" | "version" | "page" | "cause"
>;

/** What a text is made of. */
type ProgramOrigin = Pick<WorkingCopy, "base" | "version" | "page" | "cause">;

const UNKNOWN: ProgramOrigin = { base: 0, version: 0, page: "", cause: "typed" };

/** Holds a step's program for each step, sends what changes and keeps what was not saved. */
export class Programs {
  // By step, all of those that the lesson has.
  private readonly states: Map<string, ProgramState>;
  /** What is being changed on other pages. */
  readonly following: Following;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  /** `send` says whether the frame was sent; `onChange` is called when other versions are shown. */
  constructor(
    private readonly page: PageData,
    private readonly storage: Pick<LessonStorage, "store" | "openPages">,
    private readonly send: (frame: FromBrowser) => boolean,
    private readonly onChange: () => void,
  ) {
    this.following = new Following(storage.openPages, onChange);
    this.states = new Map(
      page.steps.map((step) => [step.id, openProgram(this.unsavedCopies(step))]),
    );
  }

  stateOf(step: Step): ProgramState {
    return this.states.get(step.id) ?? openProgram();
  }

  /** The source in the editor; null until it is known. */
  shownSource(step: Step): Source | null {
    // What nobody may change is what the lesson says.
    return isEditable(step) ? (shownCopy(this.stateOf(step))?.source ?? null) : starterSource(step);
  }

  /** The step's program as frames carry it. */
  frameFields(step: Step): ProgramFields {
    const copy = shownCopy(this.stateOf(step));
    const source = this.shownSource(step) ?? starterSource(step);
    return { step: step.id, ...programFields(source, copy ?? UNKNOWN) };
  }

  // From the server

  onHello(hello: Hello): void {
    for (const view of hello.steps) {
      this.update(view.id, (one, step) => reconcileHello(one, toServerProgram(step, view)));
    }
  }

  onProgramChanged(frame: ProgramChanged): void {
    const before = this.shownIn(frame.step);
    this.update(frame.step, (one, step) => reconcileProgram(one, toServerProgram(step, frame)));
    const now = this.shownIn(frame.step);
    if (before && now && !isSameSource(before, now)) {
      this.following.follow(frame.step);
    }
    this.sendRestore(frame.step);
  }

  onSaved({ id, step, revision, version }: Saved): void {
    this.update(step, (one) => reconcileSaved(one, id, revision, version));
    this.sendRestore(step);
  }

  /** True: it was an order of ours that is told elsewhere. */
  onRefused(id: string, why: string): boolean {
    let isOurs = false;
    for (const step of this.states.keys()) {
      this.update(step, (one) => {
        isOurs ||= one.restoreId === id;
        return reconcileRefused(one, id, why);
      });
    }
    return isOurs;
  }

  // From the student

  /** The student has changed the file at `path` of a copy, or its program where it is empty. */
  edit(step: string, key: number, path: string, before: string, after: string): void {
    this.update(step, (one) => applyEdit(one, key, path, before, after));
    this.following.end(step);
    this.saveSoon();
  }

  /** All of the program that is shown is another one. */
  replaceShown(step: string, source: Source, cause: Cause): void {
    this.replace(step, (one) => replaceShown(one, source, cause));
  }

  /** An earlier text is the program again, whatever is shown. */
  bringBack(step: Step, source: Source): void {
    this.replace(step.id, (one) => replaceProgram(one, fitToStep(step, source), "restored"));
  }

  /** What was put together is the program, where that is still the one that was `seen`. */
  putTogether(step: string, source: Source, seen: Source): void {
    this.replace(step, (one) => replaceSeen(one, source, seen));
  }

  /** What is replaced goes to the server first, and at once: it is to be in the history. */
  private replace(step: string, how: (one: ProgramState) => ProgramState): void {
    this.save();
    this.update(step, how);
    this.save();
    this.onChange();
  }

  // From the student: versions

  /** Shows the step's program, or a version of it. */
  showVersion(step: string, choice: VersionChoice): void {
    this.update(step, (one) => showVersion(one, choice));
    this.onChange();
  }

  /** Keeps the version that is shown, though it was dismissed on another page. */
  keepShown(step: string): void {
    this.update(step, keepShown);
    this.save();
    this.onChange();
  }

  /** Makes the version that is shown the program. */
  restoreShown(step: string): void {
    this.update(step, requestRestore);
    this.save();
    this.sendRestore(step);
    this.onChange();
  }

  /** Takes a version from the list. */
  dismissVersion(step: string, version: number): void {
    this.save();
    if (this.send({ type: "dismiss", step, version })) {
      this.update(step, (one) => dismissVersion(one, version));
    }
    this.onChange();
  }

  /** The version dismissed last is no longer offered, or is kept again. */
  endDismissal(step: string, isBack: boolean): void {
    this.update(step, (one) => endDismissal(one, isBack));
    this.save();
    this.onChange();
  }

  // To the server

  /** The frame was sent with what is shown of its step. */
  recordSent(frame: ProgramFrame): void {
    this.storage.openPages.tellWritten(frame.step ?? "");
    this.update(frame.step ?? "", (one, step) =>
      isEditable(step) ? recordWrite(one, frame.id, one.shown) : one,
    );
  }

  /** A frame of before, as it may be sent again. */
  forResend<T extends ProgramFrame>(frame: T): T {
    const { base, version = 0, page = "" } = frame;
    const target = { base, version, page };
    const one = this.states.get(frame.step ?? "");
    const again = one ? resendTarget(one, frame.id, target) : target;
    return again === target ? frame : { ...frame, ...again };
  }

  /** The frame of before was sent again. */
  recordResent({ id, step, code, files = {}, base, version = 0, page = "" }: ProgramFrame): void {
    const target = { base, version, page };
    this.update(step ?? "", (one) => recordResend(one, id, target, { code, files }));
  }

  /** Sends whatever the server does not have; the program of a step first. */
  save(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = undefined;
    for (const step of this.page.steps.filter(isEditable)) {
      const { copies, main } = this.stateOf(step);
      for (const copy of copies.toSorted((a, b) => +(b.key === main) - +(a.key === main))) {
        this.sendCopy(step, copy);
      }
    }
  }

  /** Takes over what a page that is gone has left of a step. `page` is its name. */
  takeOver(id: string, copies: readonly UnsavedCopy[], page: string): boolean {
    const step = this.page.steps.find((one) => one.id === id);
    if (!step || !isEditable(step)) {
      return true;
    }
    const take = (one: ProgramState, copy: UnsavedCopy, at: number) =>
      takeOverCopy(one, { ...copy, ...fitToStep(step, copy) }, at === 0 ? page : `${page}-${at}`);
    return this.update(id, (one) => copies.reduce(take, one));
  }

  /** Sends and keeps nothing from now on, and has no program any more. */
  close(): void {
    this.following.close();
    clearTimeout(this.saveTimer);
    this.states.clear();
  }

  private saveSoon(): void {
    this.saveTimer ??= setTimeout(() => this.save(), SAVE_WITHIN_MS);
  }

  private sendCopy(step: Step, copy: WorkingCopy): void {
    if (needsSending(this.stateOf(step), copy)) {
      const edit: Edit = {
        type: "edit",
        id: newId(),
        step: step.id,
        ...programFields(copy.source, copy),
      };
      if (!frameProblem(edit) && this.send(edit)) {
        this.storage.openPages.tellWritten(step.id);
        this.update(step.id, (one) => recordWrite(one, edit.id, copy.key));
      }
    }
  }

  private sendRestore(step: string): void {
    const one = this.states.get(step);
    const version = one ? restorableVersion(one) : 0;
    if (one && version > 0) {
      const id = newId();
      if (this.send({ type: "restore", id, step, base: one.restoreBase, version })) {
        this.update(step, (now) => recordRestore(now, id));
      }
    }
  }

  private shownIn(step: string): Source | undefined {
    const one = this.states.get(step);
    return one && shownCopy(one)?.source;
  }

  private unsavedCopies(step: Step): UnsavedCopy[] {
    const copies = isEditable(step) ? this.storage.store.copies(step.id) : [];
    return copies.map((copy) => ({ ...copy, ...fitToStep(step, copy) }));
  }

  /** False: the browser does not keep what the server does not have. */
  private update(id: string, how: (one: ProgramState, step: Step) => ProgramState): boolean {
    const step = this.page.steps.find((one) => one.id === id);
    const known = this.states.get(id);
    if (!step || !known) {
      return true;
    }
    const next = how(known, step);
    this.states.set(id, next);
    return !isEditable(step) || this.storage.store.saveCopies(id, unsavedCopies(next));
  }
}

function toServerProgram(step: Step, view: Omit<ProgramChanged, "type" | "step">): ServerProgram {
  return {
    revision: view.revision,
    source: fitToStep(step, view),
    versions: view.versions.map(({ id, written_at, code, files, page, device }) => ({
      id,
      writtenAt: written_at,
      source: fitToStep(step, { code, files }),
      origin: { page, device },
    })),
  };
}

function programFields(
  { code, files }: Source,
  { base, version, page, cause }: ProgramOrigin,
): Omit<ProgramFields, "step"> {
  const made = cause === "typed" ? {} : { cause };
  return { code, files: { ...files }, base, version, ...(page ? { page } : {}), ...made };
}
