// One open lesson: what comes from the server and from the student, and what follows from it.

import type { FromBrowser, Hello, ToBrowser } from "./frames";
import { newId } from "./ids";
import { hasProgram, isEditable, type Page, type Step, shownStep, socketUrl, stepOf } from "./page";
import type { Program, Work } from "./program";
import * as program from "./program";
import { misfitProgram, unfit } from "./sizes";
import { Line } from "./socket";
import {
  type Event,
  initial,
  isBusy,
  isRunning,
  type Link,
  type Result,
  receive,
  type State,
} from "./state";
import { isUnderWay, type Progress, progressIn, type Try } from "./steps";
import { Drawer } from "./storage";

const SAVE_AFTER_MS = 1_000;

export class Classroom {
  readonly drawer: Drawer;
  state: State;
  // The programs of all steps, by step.
  private programs: Record<string, Program>;
  private readonly line: Line;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  /** `changed` is called after every change; draw then, at the latest in the next frame. */
  constructor(
    readonly page: Page,
    private readonly changed: () => void,
  ) {
    this.drawer = new Drawer(page.storage_key);
    this.state = initial(this.drawer.unsent, shownStep(page));
    const opened = page.steps.map((step): [string, Program] => {
      const local = isEditable(step) ? this.drawer.program(step.id) : null;
      return [step.id, program.opened(local && program.fitted(step, local))];
    });
    this.programs = Object.fromEntries(opened);
    this.line = new Line(socketUrl(page), {
      linkChanged: (link) => this.linkChanged(link),
      received: (frame) => this.received(frame),
    });
  }

  open(): void {
    this.line.connect();
    window.addEventListener("online", () => this.line.wake());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") {
        this.line.wake();
      } else {
        this.save();
      }
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

  /** The program of a step; its `work` is null until it is known. */
  program(step: Step = this.step): Program {
    const known = this.programs[step.id] ?? program.opened(null);
    // What nobody may change is what the lesson says.
    return isEditable(step) ? known : { ...known, work: program.started(step) };
  }

  get isOnline(): boolean {
    return this.state.greeted && this.state.link.state === "online";
  }

  // From the server

  private linkChanged(link: Link): void {
    this.happen({ type: "link", link });
  }

  private received(frame: ToBrowser): void {
    if (frame.type === "hello") {
      this.takePrograms(frame);
    } else if (frame.type === "saved") {
      this.confirm(frame.step);
    }
    this.happen({ type: "frame", frame });
    if (frame.type === "hello") {
      this.resend(frame);
    }
  }

  private takePrograms(hello: Hello): void {
    for (const view of hello.steps) {
      const step = this.page.steps.find(({ id }) => id === view.id);
      const known = this.programs[view.id];
      if (step && known && isEditable(step)) {
        this.keepProgram(step, program.greeted(known, program.fitted(step, view)));
      }
    }
  }

  private confirm(id: string): void {
    const step = this.page.steps.find((one) => one.id === id);
    const known = this.programs[id];
    if (step && known) {
      this.keepProgram(step, program.confirmed(known));
    }
  }

  /** What nobody confirmed before the line was lost. The server counts each id once. */
  private resend(hello: Hello): void {
    if (hello.step !== this.state.step || this.progress().state === "new") {
      this.show(this.state.step);
    }
    for (const frame of [...this.state.unsent, ...this.state.orders]) {
      this.line.send(frame);
    }
    this.save();
  }

  // From the student

  /** Shows another step. What was written in this one is saved first. */
  go(step: string): void {
    if (step !== this.state.step) {
      this.save();
      this.show(step);
    }
  }

  private show(id: string): void {
    const isText = stepOf(this.page, id).kind === "explain";
    this.happen({ type: "went", step: id, isText });
    this.line.send({ type: "go", step: id });
  }

  /** Asks the tutor. False: the message was not taken, and the page says why. */
  say(text: string): boolean {
    const say = {
      type: "say",
      id: newId(),
      text: text.trim().toWellFormed(),
      ...this.work(this.step),
    } as const;
    if (!say.text || !this.maySay || this.objects(say)) {
      return false;
    }
    this.happen({ type: "said", say });
    this.line.send(say);
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
      ...this.work(this.step),
      stdin: stdin.toWellFormed(),
      interactive: stdin === "",
    } as const;
    if (this.mayRun && !this.objects(order)) {
      this.happen({ type: "ran", order });
      this.line.send(order);
      this.save();
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
    this.attempt({ type: "check_code", id: newId(), ...this.work(this.step) });
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
      this.line.send(order);
      this.save();
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

  /** The student has changed the file at `path` of a step, or its program where it is empty. */
  edit(id: string, path: string, text: string): void {
    const step = stepOf(this.page, id);
    const known = this.program(step);
    const work = program.withText(known.work ?? program.started(step), path, text);
    this.keepProgram(step, program.edited(known, work));
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.save(), SAVE_AFTER_MS);
    this.happen({ type: "edited", step: id });
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
    const { work } = this.program();
    return work ? misfitProgram(work.code, work.files) : "";
  }

  // What follows

  /** The step's program as frames carry it. */
  private work(step: Step): { step: string; code: string; files: Record<string, string> } {
    const { code, files } = wellFormed(this.program(step).work ?? program.started(step));
    return { step: step.id, code, files: { ...files } };
  }

  private save(): void {
    for (const step of this.page.steps.filter(isEditable)) {
      const known = this.programs[step.id];
      if (known && program.isDue(known)) {
        const edit = { type: "edit", ...this.work(step) } as const;
        if (!unfit(edit) && this.line.send(edit)) {
          this.programs = { ...this.programs, [step.id]: program.sending(known) };
        }
      }
    }
  }

  private keepProgram(step: Step, next: Program): void {
    this.programs = { ...this.programs, [step.id]: next };
    this.drawer.keepProgram(step.id, program.isSaved(next) ? null : next.work);
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
      this.drawer.unsent = this.state.unsent;
    }
    this.changed();
  }
}

function wellFormed({ code, files }: Work): Work {
  const pairs = Object.entries(files).map(([path, text]) => [path, text.toWellFormed()]);
  return { code: code.toWellFormed(), files: Object.fromEntries(pairs) };
}
