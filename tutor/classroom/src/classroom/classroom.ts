// One open lesson: what comes from the server and from the student, and what follows from it.

import { newId } from "../base/ids";
import { listenToLifecycle } from "../connection/pageLifecycle";
import { ReconnectingSocket } from "../connection/reconnectingSocket";
import { type PageData, type Step, shownStep, socketUrl, stepOf } from "../page/pageData";
import { starterSource } from "../program/source";
import { codePoints, frameProblem, programProblem } from "../protocol/frameLimits";
import type { FromBrowser, Hello, ToBrowser } from "../protocol/frames";
import {
  initialState,
  type PanelName,
  type ResultTab,
  type State,
  type StateEvent,
} from "../state/model";
import { type Sent, unconfirmed } from "../state/orders";
import { duePrediction, isOnline, mayChoose, mayRun, maySay, mayTry } from "../state/permissions";
import { type AttemptOrder, type Progress, progressOf } from "../state/progress";
import { reduce } from "../state/reducer";
import { isRunning } from "../state/runState";
import type { LessonStorage } from "../storage/lessonStorage";
import type { LocalStore } from "../storage/localStore";
import type { OpenPages } from "../storage/openPages";
import type { Pastes } from "../storage/pastes";
import type { UndoHistories } from "../storage/undoHistories";
import { Programs } from "./programs";
import { TakeOver } from "./takeOver";
import { TutorMoves } from "./tutorMoves";

/** All of an open lesson; components draw it and call its methods. */
export class Classroom {
  readonly store: LocalStore;
  readonly programs: Programs;
  readonly pastes: Pastes;
  readonly undo: UndoHistories;
  readonly moves: TutorMoves;
  state: State;
  /** The user of the page is gone: nothing is shown, kept or sent any more. */
  hasEnded = false;
  readonly openPages: OpenPages;
  private readonly socket: ReconnectingSocket;
  private readonly takeOver: TakeOver;
  private stopListening = () => {};

  /** `onChange` is called after every change; draw then, at the latest in the next frame. */
  constructor(
    readonly page: PageData,
    private readonly onChange: () => void,
    private readonly storage: LessonStorage,
  ) {
    this.openPages = storage.openPages;
    this.store = storage.store;
    this.store.onChange = onChange;
    this.undo = storage.undo;
    this.pastes = storage.pastes;
    const { unsent, answers } = this.store;
    this.state = initialState([...unsent], shownStep(page), [...answers], page.asked_step !== "");
    this.programs = new Programs(page, storage, (frame) => this.socket.send(frame), onChange);
    this.moves = new TutorMoves({
      page,
      store: this.store,
      programs: this.programs,
      state: () => this.state,
      dispatch: (event) => this.dispatch(event),
      send: (frame) => this.send(frame),
      ask: (frame) => this.socket.send(frame),
    });
    this.takeOver = new TakeOver({
      storage,
      programs: this.programs,
      state: () => this.state,
      dispatch: (event) => this.dispatch(event),
      sendAgain: (frame) => this.sendAgain(frame),
    });
    this.socket = new ReconnectingSocket(socketUrl(page, this.openPages), {
      isOurs: ({ conversation }) => conversation === page.conversation,
      connectionChanged: (connection) => this.dispatch({ type: "connection_changed", connection }),
      received: (frame) => this.onFrame(frame),
    });
  }

  open(): void {
    this.socket.connect();
    this.stopListening = listenToLifecycle({
      onWake: () => this.socket.wake(),
      onHide: () => this.onHide(),
      onLeave: () => this.openPages.onLeave(),
      onReturn: () => {
        this.openPages.onReturn();
        this.store.saveAgain();
      },
      mayLeave: () => this.store.isPersistent,
    });
  }

  /** Whatever becomes of the page now: the server has what can be sent, and the browser the rest. */
  private onHide(): void {
    this.programs.save();
    this.storage.writeJournal();
  }

  /** The user of the page is gone from this browser. */
  end(): void {
    this.hasEnded = true;
    this.stopListening();
    this.socket.close();
    this.programs.close();
    this.takeOver.close();
    this.storage.close();
    this.state = initialState();
  }

  // What is shown

  /** The step that is shown. */
  get step(): Step {
    return stepOf(this.page, this.state.step);
  }

  /** How far the student is in a step. */
  progress(step: Step = this.step): Progress {
    return progressOf(this.state.progress, step.id);
  }

  get isOnline(): boolean {
    return isOnline(this.state);
  }

  /** Something is neither saved nor kept by this browser, and nothing will change that soon. */
  get isAtRisk(): boolean {
    const { greeted } = this.state;
    return greeted && !this.store.isPersistent && (!this.isOnline || this.programProblem !== "");
  }

  // From the server

  private onFrame(frame: ToBrowser): void {
    switch (frame.type) {
      case "hello":
        this.programs.onHello(frame);
        break;
      case "saved":
        this.programs.onSaved(frame);
        break;
      case "program":
        this.programs.onProgramChanged(frame);
        break;
      case "attempt":
        if (frame.attempt.state === "judged") {
          this.store.saveDraft(frame.attempt.step, "");
        }
        break;
      case "refused":
        if (this.onRefused(frame.id, frame.message)) {
          this.onChange();
          return;
        }
    }
    this.moves.beforeFrame(frame);
    this.dispatch({ type: "frame", frame });
    this.moves.afterFrame(frame);
    if (frame.type === "hello") {
      this.resend(frame);
      void this.takeOver.begin();
    }
  }

  /** Sends again what nobody confirmed before the connection was lost. The server counts each id once. */
  private resend(hello: Hello): void {
    if (hello.step !== this.state.step || this.progress().state === "new") {
      this.showStep(this.state.step);
    }
    for (const frame of unconfirmed(this.state)) {
      this.sendAgain(frame);
    }
    this.programs.save();
  }

  private sendAgain(frame: Sent): void {
    const again = "code" in frame ? this.programs.forResend(frame) : frame;
    if (this.socket.send(again) && "code" in again) {
      this.programs.recordResent(again);
    }
  }

  // From the student

  /** Shows another step. What was written in this one is saved first. */
  goToStep(step: string): void {
    if (step !== this.state.step) {
      this.programs.save();
      this.showStep(step);
    }
  }

  private showStep(id: string): void {
    const isText = stepOf(this.page, id).kind === "explain";
    this.dispatch({ type: "step_shown", step: id, isText });
    this.socket.send({ type: "go", step: id });
  }

  /** Keeps what is to be said, or predicted in a step, until it is. */
  saveDraft(step: string, text: string): void {
    this.store.saveDraft(step, text);
    this.onChange();
  }

  /** Asks the tutor. False: the message was not taken, and the page says why. */
  say(text: string): boolean {
    const say = {
      type: "say",
      id: newId(),
      text: text.trim().toWellFormed(),
      ...this.programs.frameFields(this.step),
    } as const;
    if (!say.text || !maySay(this.state) || this.isUnsendable(say)) {
      return false;
    }
    this.dispatch({ type: "message_said", say });
    this.send(say);
    return true;
  }

  /** Runs the program of the step. Without `stdin`, the student may type while it runs. */
  run(stdin: string): void {
    const order = {
      type: "run",
      id: newId(),
      ...this.programs.frameFields(this.step),
      stdin: stdin.toWellFormed(),
      interactive: stdin === "",
    } as const;
    if (duePrediction(this.state, this.step)) {
      this.dispatch({ type: "run_blocked" });
    } else if (mayRun(this.state, this.step) && !this.isUnsendable(order)) {
      this.dispatch({ type: "run_ordered", order });
      this.send(order);
    }
  }

  /** Types a line into the run that is on. `ends`: nothing more will come. */
  sendInput(text: string, ends = false): void {
    const run = this.state.ownRun;
    const line = ends && text === "" ? "" : `${text.toWellFormed()}\n`;
    if (run && isRunning(run)) {
      const input = { type: "input", id: run.id, text: line, ends } as const;
      if (!this.isUnsendable(input) && this.socket.send(input) && ends) {
        this.dispatch({ type: "input_ended", id: run.id });
      }
    }
  }

  check(): void {
    const fields = this.programs.frameFields(this.step);
    const pasted = Math.min(this.pastes.of(this.step.id), codePoints(fields.code));
    if (duePrediction(this.state, this.step)) {
      this.dispatch({ type: "run_blocked" });
    } else {
      this.attempt({ type: "check_code", id: newId(), ...fields, pasted });
    }
  }

  predict(text: string): void {
    this.attempt({ type: "predict", id: newId(), step: this.step.id, text: text.toWellFormed() });
  }

  choose([first, ...more]: number[]): void {
    if (first !== undefined) {
      const choices: [number, ...number[]] = [first, ...more];
      this.attempt({ type: "choose", id: newId(), step: this.step.id, choices });
    }
  }

  private attempt(order: AttemptOrder): void {
    const may = order.type === "choose" ? mayChoose(this.state) : mayTry(this.state);
    if (may && !this.isUnsendable(order)) {
      this.dispatch({ type: "attempt_ordered", order });
      this.send(order);
    }
  }

  stopTutor(): void {
    if (this.socket.send({ type: "stop" })) {
      this.dispatch({ type: "stopped" });
    }
  }

  /** After a turn that failed: ask the model once more. */
  retryTurn(): void {
    this.socket.send({ type: "again" });
  }

  /** Ends a run of the student's, or an attempt that is under way. */
  stop(id: string): void {
    this.socket.send({ type: "stop_run", id });
  }

  /** `before` and `after` are what the editor held of a file of the copy `key`; see program/model.ts. */
  edit(step: string, key: number, path: string, before: string, after: string): void {
    this.programs.edit(step, key, path, before, after);
    this.dispatch({ type: "edited", step });
  }

  /** All of the program that is shown is what the lesson gives. */
  resetProgram(): void {
    this.programs.replaceShown(this.step.id, starterSource(this.step), "reset");
    this.dispatch({ type: "edited", step: this.step.id });
  }

  /** Shows a tab under the editor. */
  showResult(result: ResultTab): void {
    this.dispatch({ type: "result_shown", result });
  }

  /** Shows a panel, where there is no room for all of them. */
  showPanel(panel: PanelName): void {
    this.dispatch({ type: "panel_shown", panel });
  }

  /** Shows that the lesson is finished and what comes next, or closes that. */
  showFinish(shown: boolean): void {
    this.dispatch({ type: "finish_shown", shown });
  }

  /** Takes a message back that is not confirmed. */
  takeBack(id: string): void {
    this.dispatch({ type: "message_taken_back", id });
  }

  /** The message that came back stands in the composer. */
  clearReturned(): void {
    this.dispatch({ type: "returned_shown" });
  }

  closeNotice(): void {
    this.dispatch({ type: "notice_changed", message: "" });
  }

  reconnect(): void {
    this.socket.wake();
  }

  /** Why the program of the step cannot be saved or sent as it is; else empty. */
  get programProblem(): string {
    const source = this.programs.shownSource(this.step);
    return source ? programProblem(source.code, source.files) : "";
  }

  // What follows

  /** Sends an order for the first time. What it carries of a program need not be saved besides. */
  private send(frame: Sent): void {
    if (this.socket.send(frame) && "code" in frame) {
      this.programs.recordSent(frame);
    }
    this.programs.save();
  }

  /** True: the page says why beside the program. */
  private onRefused(id: string, why: string): boolean {
    const isTold = this.programs.onRefused(id, why);
    // An edit waits for the next one: what was refused once may be so for ever.
    if (unconfirmed(this.state).some((one) => one.id === id)) {
      this.programs.save();
    }
    return isTold;
  }

  private isUnsendable(frame: FromBrowser): boolean {
    const message = frameProblem(frame);
    if (message) {
      this.dispatch({ type: "notice_changed", message });
    }
    return message !== "";
  }

  private dispatch(event: StateEvent): void {
    const { unsent, answers, answerGap } = this.state;
    this.state = reduce(this.state, event);
    if (this.state.unsent !== unsent) {
      this.store.saveUnsent(this.state.unsent);
    }
    if (this.state.answers !== answers) {
      this.store.saveAnswers(this.state.answers);
    }
    if (this.state.answerGap !== null && this.state.answerGap !== answerGap) {
      this.socket.reconnect();
    }
    this.onChange();
  }
}
