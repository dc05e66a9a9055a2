// One open lesson: what comes from the server and from the student, and what follows from it.

import type { FromBrowser, Hello, Say, ToBrowser } from "./frames";
import { newId } from "./ids";
import { follow } from "./lifetime";
import { hasProgram, type Page, type Step, shownStep, socketUrl, stepOf } from "./page";
import type { Choice } from "./program";
import { Programs } from "./programs";
import { misfitProgram, unfit } from "./sizes";
import { Line } from "./socket";
import {
  type Event,
  initial,
  isBusy,
  isRunning,
  type Link,
  type Order,
  type Result,
  receive,
  type State,
} from "./state";
import { isUnderWay, type Progress, progressIn, type Try } from "./steps";
import { Drawer } from "./storage";
import { Tabs } from "./tabs";
import type { Work } from "./work";

export class Classroom {
  readonly drawer: Drawer;
  readonly programs: Programs;
  state: State;
  private readonly tabs: Tabs;
  private readonly line: Line;

  /** `changed` is called after every change; draw then, at the latest in the next frame. */
  constructor(
    readonly page: Page,
    private readonly changed: () => void,
  ) {
    this.tabs = new Tabs(page.storage_key);
    const { page: name, before } = this.tabs;
    this.drawer = new Drawer(page.storage_key, name, page.conversation, before);
    this.state = initial([...this.drawer.unsent], shownStep(page));
    this.programs = new Programs(page, this.drawer, (frame) => this.line.send(frame));
    this.line = new Line(socketUrl(page), {
      isOurs: ({ conversation }) => conversation === page.conversation,
      linkChanged: (link) => this.linkChanged(link),
      received: (frame) => this.received(frame),
    });
  }

  open(): void {
    this.line.connect();
    follow({
      wakes: () => this.line.wake(),
      isHidden: () => this.programs.save(),
      goes: () => this.tabs.leave(),
      comesBack: () => {
        this.tabs.comeBack();
        this.drawer.keepAgain();
      },
      mayGo: () => this.drawer.isKept,
    });
  }

  // What is shown

  /** The step that is shown. */
  get step(): Step {
    return stepOf(this.page, this.state.step);
  }

  /** How far the student is in a step. */
  progress(step: Step = this.step): Progress {
    return progressIn(this.state.progress, step.id);
  }

  get isOnline(): boolean {
    return this.state.greeted && this.state.link.state === "online";
  }

  /** Something is neither saved nor kept by this browser, and nothing will change that soon. */
  get isAtRisk(): boolean {
    const { greeted } = this.state;
    return greeted && !this.drawer.isKept && (!this.isOnline || this.programProblem !== "");
  }

  // From the server

  private linkChanged(link: Link): void {
    this.happen({ type: "link", link });
  }

  private received(frame: ToBrowser): void {
    switch (frame.type) {
      case "hello":
        this.programs.greet(frame);
        break;
      case "saved":
        this.programs.saved(frame);
        break;
      case "program":
        this.programs.changed(frame);
        break;
      case "attempt":
        if (frame.attempt.state === "judged") {
          this.drawer.keepDraft(frame.attempt.step, "");
        }
        break;
      case "refused":
        if (this.refuse(frame.id, frame.message)) {
          this.changed();
          return;
        }
    }
    this.happen({ type: "frame", frame });
    if (frame.type === "hello") {
      this.resend(frame);
      void this.takeOver();
    }
  }

  /** What nobody confirmed before the line was lost. The server counts each id once. */
  private resend(hello: Hello): void {
    if (hello.step !== this.state.step || this.progress().state === "new") {
      this.show(this.state.step);
    }
    for (const frame of [...this.state.unsent, ...this.state.orders]) {
      this.sendAgain(frame);
    }
    this.programs.save();
  }

  /** What pages that are gone have left in this browser. */
  private async takeOver(): Promise<void> {
    const names = this.drawer.others;
    const open = names.length > 0 ? await this.tabs.others() : new Set();
    for (const name of names.filter((one) => !open.has(one))) {
      const { copies, unsent, drafts } = this.drawer.leftBy(name);
      const steps = Object.entries(copies);
      const kept = steps.map(([step, all]) => this.programs.takeOver(step, all, name));
      const said = unsent
        .filter(({ id }) => !this.state.unsent.some((say) => say.id === id))
        .map((say) => ({ ...say, page: say.page || name }));
      const rest = this.drawer.takeDrafts(drafts);
      this.happen({ type: "found", said });
      if (kept.every(Boolean) && this.drawer.isKept) {
        this.drawer.forget(name, rest);
      }
      for (const say of said) {
        this.sendAgain(say);
      }
    }
    this.programs.save();
  }

  private sendAgain(frame: Say | Order): void {
    const again = "code" in frame ? this.programs.again(frame) : frame;
    if (this.line.send(again) && "code" in again) {
      this.programs.sentAgain(again);
    }
  }

  // From the student

  /** Shows another step. What was written in this one is saved first. */
  go(step: string): void {
    if (step !== this.state.step) {
      this.programs.save();
      this.show(step);
    }
  }

  private show(id: string): void {
    const isText = stepOf(this.page, id).kind === "explain";
    this.happen({ type: "went", step: id, isText });
    this.line.send({ type: "go", step: id });
  }

  /** Keeps what is to be said, or predicted in a step, until it is. */
  draft(step: string, text: string): void {
    this.drawer.keepDraft(step, text);
    this.changed();
  }

  /** Asks the tutor. False: the message was not taken, and the page says why. */
  say(text: string): boolean {
    const say = {
      type: "say",
      id: newId(),
      text: text.trim().toWellFormed(),
      ...this.programs.cargo(this.step),
    } as const;
    if (!say.text || !this.maySay || this.objects(say)) {
      return false;
    }
    this.happen({ type: "said", say });
    this.send(say);
    return true;
  }

  /** One message on its way at a time. While the tutor answers, more may be said: it waits. */
  get maySay(): boolean {
    const { greeted, unsent, link } = this.state;
    return greeted && unsent.length === 0 && link.state !== "closed";
  }

  /** Runs the program of the step. Without `stdin`, the student may type while it runs. */
  run(stdin: string): void {
    const order = {
      type: "run",
      id: newId(),
      ...this.programs.cargo(this.step),
      stdin: stdin.toWellFormed(),
      interactive: stdin === "",
    } as const;
    if (this.mayRun && !this.objects(order)) {
      this.happen({ type: "ran", order });
      this.send(order);
    }
  }

  /** A prediction comes before the run. */
  get mayRun(): boolean {
    const predicted = this.step.kind !== "predict" || this.progress().state === "done";
    return hasProgram(this.step) && predicted && this.mayTry;
  }

  /** Types a line into the run that is on. `ends`: nothing more will come. */
  type(text: string, ends = false): void {
    const run = this.state.ownRun;
    const line = ends && text === "" ? "" : `${text.toWellFormed()}\n`;
    if (run && isRunning(run)) {
      const input = { type: "input", id: run.id, text: line, ends } as const;
      if (!this.objects(input) && this.line.send(input) && ends) {
        this.happen({ type: "input_ended", id: run.id });
      }
    }
  }

  check(): void {
    this.attempt({ type: "check_code", id: newId(), ...this.programs.cargo(this.step) });
  }

  predict(text: string): void {
    this.attempt({
      type: "predict",
      id: newId(),
      step: this.step.id,
      text: text.toWellFormed(),
    });
  }

  choose([first, ...more]: number[]): void {
    if (first !== undefined) {
      const choices: [number, ...number[]] = [first, ...more];
      this.attempt({ type: "choose", id: newId(), step: this.step.id, choices });
    }
  }

  /** Nothing is run for an answer. */
  get mayChoose(): boolean {
    return this.isOnline && !isUnderWay(this.progress().last);
  }

  private attempt(order: Try): void {
    const may = order.type === "choose" ? this.mayChoose : this.mayTry;
    if (may && !this.objects(order)) {
      this.happen({ type: "tried", order });
      this.send(order);
    }
  }

  /** One program of the student's at a time, and one attempt. */
  get mayTry(): boolean {
    return this.isOnline && !isBusy(this.state);
  }

  stopTutor(): void {
    if (this.line.send({ type: "stop" })) {
      this.happen({ type: "stopped" });
    }
  }

  /** After a turn that failed: ask the model once more. */
  tryAgain(): void {
    this.line.send({ type: "again" });
  }

  /** Ends a run of the student's, or an attempt that is under way. */
  stop(id: string): void {
    this.line.send({ type: "stop_run", id });
  }

  /** `before` and `after` are what the editor held of a file of the text `key`; see program.ts. */
  edit(step: string, key: number, path: string, before: string, after: string): void {
    this.programs.edit(step, key, path, before, after);
    this.happen({ type: "edited", step });
  }

  /** All of the program that is shown is another one. */
  rewrite(work: Work): void {
    this.programs.rewrite(this.step.id, work);
    this.happen({ type: "edited", step: this.step.id });
  }

  /** Shows the step's program, or a version of it. */
  showVersion(version: Choice): void {
    this.programs.show(this.step.id, version);
    this.changed();
  }

  /** Makes the version that is shown the step's program. */
  restoreVersion(): void {
    this.programs.want(this.step.id);
    this.changed();
  }

  /** Takes a version from the list. */
  dismissVersion(version: number): void {
    this.programs.dismiss(this.step.id, version);
    this.changed();
  }

  /** What was dismissed last can no longer be had back, or is kept again. */
  undismissVersion(isBack: boolean): void {
    this.programs.undismiss(this.step.id, isBack);
    this.changed();
  }

  /** Keeps the version that is shown, though it was dismissed on another page. */
  keepVersion(): void {
    this.programs.keep(this.step.id);
    this.changed();
  }

  look(result: Result): void {
    this.happen({ type: "looked", result });
  }

  takeBack(id: string): void {
    this.happen({ type: "taken_back", id });
  }

  returnedShown(): void {
    this.happen({ type: "returned_shown" });
  }

  closeNotice(): void {
    this.happen({ type: "noticed", message: "" });
  }

  reconnect(): void {
    this.line.wake();
  }

  /** Why the program of the step cannot be saved or sent as it is; else empty. */
  get programProblem(): string {
    const work = this.programs.shown(this.step);
    return work ? misfitProgram(work.code, work.files) : "";
  }

  // What follows

  /** Sends an order for the first time. What it carries of a program need not be saved besides. */
  private send(frame: Say | Order): void {
    if (this.line.send(frame) && "code" in frame) {
      this.programs.sent(frame);
    }
    this.programs.save();
  }

  /** True: the page says why beside the program. */
  private refuse(id: string, why: string): boolean {
    const isTold = this.programs.refused(id, why);
    // An edit waits for the next one: what was refused once may be so for ever.
    if ([...this.state.unsent, ...this.state.orders].some((one) => one.id === id)) {
      this.programs.save();
    }
    return isTold;
  }

  private objects(frame: FromBrowser): boolean {
    const message = unfit(frame);
    if (message) {
      this.happen({ type: "noticed", message });
    }
    return message !== "";
  }

  private happen(event: Event): void {
    const { unsent } = this.state;
    this.state = receive(this.state, event);
    if (this.state.unsent !== unsent) {
      this.drawer.keepUnsent(this.state.unsent);
    }
    this.changed();
  }
}
