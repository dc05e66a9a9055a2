// The lesson as the server has written it into the page.

/** A file beside the program of a step. */
export interface StepFile {
  path: string;
  text: string;
  editable: boolean;
}

/** A step. Its text stands in the page; what is no part of its kind is empty. */
export interface Step {
  id: string;
  kind: "explain" | "code" | "predict" | "quiz";
  title: string;
  /** The first content of the editor. */
  starter: string;
  /** The lesson's input for the program. */
  stdin: string;
  files: StepFile[];
  /** Calls and inputs of the visible cases. */
  cases: { call: string; stdin: string }[];
  /** Sentences about what a program must use, or must not. */
  rules: string[];
  /** Safe HTML, made by the server. */
  choices: string[];
  /** More than one choice may be right. */
  several: boolean;
}

export interface PageData {
  /** Path and query of the WebSocket. */
  socket: string;
  /** The id of the student's conversation. */
  conversation: number;
  title: string;
  /** The id of the course's language. */
  language: string;
  /** The name of the file that holds a step's program. */
  main_file: string;
  /** The step that the address asks for; empty if it asks for none. */
  asked_step: string;
  /** Titles of the skills that the lesson practises. */
  skills: string[];
  /** What comes after the lesson, as it was when the page was made; null if nothing is left. */
  next: { title: string; course: string } | null;
  /** Leads to what comes after the lesson when it is followed. */
  continue_url: string;
  course: string;
  progress_url: string;
  lessons_url: string;
  /** Where the history of a step's program is, with the step's id behind it: see web/history.py. */
  history_url: string;
  login_url: string;
  /** Names this lesson of this student in the browser's storage. */
  storage_key: string;
  steps: Step[];
}

export function readPageData(): PageData {
  return JSON.parse(element("page").textContent ?? "") as PageData;
}

/** The step that the server has left visible. */
export function shownStep(page: PageData): string {
  const article = document.querySelector<HTMLElement>("article[data-step]:not([hidden])");
  return article?.dataset.step ?? page.steps[0]?.id ?? "";
}

/** The step of this id. A lesson has at least one step, and ids come from the lesson. */
export function stepOf(page: PageData, id: string): Step {
  const step = page.steps.find((one) => one.id === id) ?? page.steps[0];
  if (!step) {
    throw new Error("The lesson has no steps.");
  }
  return step;
}

/** A word for each kind of step. */
export const KIND_LABELS: Record<Step["kind"], string> = {
  explain: "Read",
  code: "Program",
  predict: "Predict",
  quiz: "Question",
};

/** A step without a title is called after what there is to do. */
export function titleOf(step: Step): string {
  return step.title || KIND_LABELS[step.kind];
}

/** Is there a program in the step? */
export function hasProgram(step: Step): boolean {
  return step.kind === "code" || step.kind === "predict" || step.starter !== "";
}

/** May the student change the program of the step? */
export function isEditable(step: Step): boolean {
  return hasProgram(step) && step.kind !== "predict";
}

/** `name` is that of the page among all pages, `device` that of the browser. */
export function socketUrl(page: PageData, { name, device }: { name: string; device: string }) {
  const url = new URL(page.socket, location.href);
  url.searchParams.set("page", name);
  url.searchParams.set("device", device);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`The page has no element #${id}.`);
  }
  return found;
}
