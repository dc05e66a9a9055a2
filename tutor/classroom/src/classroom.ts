// One open lesson: what comes from the server and from the student, and what follows from it.

import type { FromBrowser, ToBrowser } from "./frames";
import { LIMITS } from "./frames";
import { newId } from "./ids";
import { type Page, socketUrl } from "./page";
import * as program from "./program";
import { misfit, unfit } from "./sizes";
import { Line } from "./socket";
import { type Event, initial, isRunning, type Link, receive, type State } from "./state";
import { Drawer } from "./storage";

const SAVE_AFTER_MS = 1_000;

export class Classroom {
  readonly drawer: Drawer;
  state: State;
  program: program.Program;
  private readonly line: Line;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  /** `changed` is called after every change; draw then, at the latest in the next frame. */
  constructor(
    readonly page: Page,
    private readonly changed: () => void,
  ) {
    this.drawer = new Drawer(page.storage_key);
    this.state = initial(this.drawer.unsent);
    this.program = program.opened(this.drawer.program);
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

  // From the server

  private linkChanged(link: Link): void {
    this.happen({ type: "link", link });
  }

  private received(frame: ToBrowser): void {
    if (frame.type === "hello") {
      this.keepProgram(program.greeted(this.program, frame.code));
    } else if (frame.type === "saved") {
      this.keepProgram(program.confirmed(this.program));
    }
    this.happen({ type: "frame", frame });
    if (frame.type === "hello") {
      this.resend();
    }
  }

  /** What nobody confirmed before the line was lost. The server counts each id once. */
  private resend(): void {
    for (const frame of [...this.state.unsent, this.state.order]) {
      if (frame) {
        this.line.send(frame);
      }
    }
    this.save();
  }

  // From the student

  /** Asks the tutor. False: the message was not taken, and the page says why. */
  say(text: string): boolean {
    const say = {
      type: "say",
      id: newId(),
      text: text.trim().toWellFormed(),
      code: (this.program.text ?? "").toWellFormed(),
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

  run(stdin: string): void {
    const order = {
      type: "run",
      id: newId(),
      code: (this.program.text ?? "").toWellFormed(),
      stdin: stdin.toWellFormed(),
    } as const;
    if (this.mayRun && !this.objects(order)) {
      this.happen({ type: "ran", order });
      this.line.send(order);
      this.save();
    }
  }

  get mayRun(): boolean {
    const { link, ownRun } = this.state;
    return link.state === "online" && !(ownRun && isRunning(ownRun));
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

  stopRun(): void {
    if (this.state.ownRun) {
      this.line.send({ type: "stop_run", id: this.state.ownRun.id });
    }
  }

  edit(text: string): void {
    this.keepProgram(program.edited(this.program, text));
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.save(), SAVE_AFTER_MS);
    this.changed();
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

  /** Why the program cannot be saved or sent as it is; else empty. */
  get programProblem(): string {
    return misfit("Your program", this.program.text ?? "", LIMITS.MAX_CODE_CHARS);
  }

  // What follows

  private save(): void {
    const { text } = this.program;
    if (text === null || !program.isDue(this.program) || this.programProblem) {
      return;
    }
    if (this.line.send({ type: "edit", code: text.toWellFormed() })) {
      this.program = program.sending(this.program);
    }
  }

  private keepProgram(next: program.Program): void {
    this.program = next;
    this.drawer.program = program.isSaved(next) ? null : next.text;
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
