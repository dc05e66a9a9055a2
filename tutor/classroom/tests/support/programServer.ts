// One step of one student as the server keeps it (tutor/turn/revisions.py, tutor/models/programs.py), its
// connections, and pages at their other ends; nothing arrives before `deliver` is called.

import { applyEdit } from "../../src/program/edits";
import {
  openProgram,
  type ProgramState,
  type ServerProgram,
  type UnsavedCopy,
} from "../../src/program/model";
import {
  reconcileHello,
  reconcileProgram,
  reconcileRefused,
  reconcileSaved,
  takeOverCopy,
} from "../../src/program/reconcile";
import { isSameSource, type Source } from "../../src/program/source";
import { recordRestore, restorableVersion } from "../../src/program/versions";
import { copyOf, isClean } from "../../src/program/workingCopies";
import { needsSending, recordWrite, unsavedCopies } from "../../src/program/writes";

type Up =
  | {
      type: "write";
      id: string;
      source: Source;
      base: number;
      version: number;
      page: string;
      /** The page has replaced its text at a stroke: what was there is in the history. */
      replaces: boolean;
    }
  | { type: "restore"; id: string; base: number; version: number }
  | { type: "dismiss"; version: number }
  | { type: "nudge" };
type Down =
  | { type: "hello" | "program"; stored: ServerProgram }
  | { type: "saved"; id: string; revision: number; version: number }
  | { type: "refused"; id: string };
interface Row {
  number: number;
  source: Source;
  listed: boolean;
}

const LISTED = 5;
const EMPTY: Source = { code: "", files: {} };

export class ProgramServer {
  revision = 0;
  source = EMPTY;
  // Newest last.
  rows: Row[] = [];
  /** What was replaced at a stroke. */
  readonly history: Source[] = [];
  readonly connections = new Set<Connection>();
  private lastNumber = 0;

  get program(): ServerProgram {
    const versions = this.rows
      .filter(({ listed }) => listed)
      .map(({ number, source }) => ({ id: number, writtenAt: "2026-01-01T10:00:00+00:00", source }))
      .reverse();
    return { revision: this.revision, source: this.source, versions };
  }

  record(isReplaced: boolean, source: Source): void {
    if (isReplaced) {
      this.history.push(source);
    }
  }

  replace(name: string, source: Source): boolean {
    if (name !== `r${this.revision}`) {
      return false;
    }
    this.revision += 1;
    this.source = source;
    return true;
  }

  keep(source: Source): { name: string; changed: boolean } {
    const known = this.rows.find((row) => isSameSource(row.source, source));
    if (known) {
      const { listed } = known;
      this.list(known);
      return { name: `v${known.number}`, changed: !listed };
    }
    return { name: this.renew({ number: 0, source, listed: true }, source), changed: true };
  }

  renew(row: Row, source: Source): string {
    this.lastNumber += 1;
    row.number = this.lastNumber;
    row.source = source;
    this.list(row);
    return `v${row.number}`;
  }

  private list(row: Row): void {
    row.listed = true;
    this.rows = [...this.rows.filter((one) => one !== row), row];
    const listed = this.rows.filter((one) => one.listed);
    for (const old of listed.slice(0, Math.max(0, listed.length - LISTED))) {
      old.listed = false;
    }
  }
}

function nameOf(base: number, version: number): string {
  return version > 0 ? `v${version}` : `r${base}`;
}

/** The server's end. What a page's own writes have made of a text stands for that text. */
class Connection {
  readonly up: Up[] = [];
  readonly down: Down[];
  private readonly made = new Map<string, string>();

  constructor(private readonly server: ProgramServer) {
    this.down = [{ type: "hello", stored: server.program }];
    server.connections.add(this);
  }

  answerNext(): void {
    const frame = this.up.shift();
    switch (frame?.type) {
      case "write":
        this.write(frame);
        break;
      case "restore":
        this.restore(frame);
        break;
      case "dismiss": {
        const name = this.latest("", `v${frame.version}`);
        const row = this.server.rows.find(({ number }) => `v${number}` === name);
        if (row) {
          row.listed = false;
        }
        this.show();
        this.tellOthers();
        break;
      }
      case "nudge":
        this.show();
    }
  }

  private write({ id, source, base, version, page, replaces }: Up & { type: "write" }): void {
    const { server } = this;
    const over = this.latest(page, nameOf(base, version));
    const row = server.rows.find(({ number }) => `v${number}` === over);
    server.record(replaces, (row ?? server).source);
    let name = over;
    let isNew = true;
    if (row) {
      isNew = !isSameSource(row.source, source);
      name = isNew ? server.renew(row, source) : over;
    } else if (isSameSource(server.source, source)) {
      name = `r${server.revision}`;
      isNew = false;
    } else if (server.replace(over, source)) {
      name = `r${server.revision}`;
    } else {
      ({ name, changed: isNew } = server.keep(source));
    }
    this.remember(page, over, name);
    const kept = name.startsWith("v") ? Number(name.slice(1)) : 0;
    this.down.push({ type: "saved", id, revision: server.revision, version: kept });
    if (kept > 0 || page !== "") {
      this.show();
    }
    if (isNew) {
      this.tellOthers();
    }
  }

  private restore({ id, base, version }: Up & { type: "restore" }): void {
    const { server } = this;
    const over = this.latest("", `r${base}`);
    const which = this.latest("", `v${version}`);
    const row = server.rows.find(({ number }) => `v${number}` === which);
    const before = server.source;
    if (row && server.replace(over, row.source)) {
      this.remember("", which, `r${server.revision}`);
      this.remember("", over, server.renew(row, before));
      this.down.push({ type: "saved", id, revision: server.revision, version: 0 });
      this.tellOthers();
    } else {
      this.down.push({ type: "refused", id });
    }
    this.show();
  }

  private latest(page: string, name: string): string {
    let now = name;
    for (let made = this.made.get(`${page} ${now}`); made; made = this.made.get(`${page} ${now}`)) {
      now = made;
    }
    return now;
  }

  private remember(page: string, over: string, name: string): void {
    this.made.delete(`${page} ${name}`);
    if (name !== over) {
      this.made.set(`${page} ${over}`, name);
    }
  }

  private show(): void {
    this.down.push({ type: "program", stored: this.server.program });
  }

  private tellOthers(): void {
    for (const other of this.server.connections) {
      if (other !== this) {
        other.up.push({ type: "nudge" });
      }
    }
  }
}

/** One page at one step, as classroom/programs.ts has it. */
export class SimulatedPage {
  program = openProgram();
  connection: Connection | null = null;
  private count = 0;
  // Keys of copies that were replaced at a stroke, until the server has all of them.
  private readonly replacing = new Set<number>();

  constructor(
    readonly server: ProgramServer,
    readonly name: string,
    /** What pages that are gone have left in this browser, by their names. */
    private readonly left: Map<string, UnsavedCopy[]>,
  ) {}

  get shown(): string {
    return copyOf(this.program, this.program.shown)?.source.code ?? "";
  }

  /** What the browser keeps, as it is read again. */
  get kept(): UnsavedCopy[] {
    return JSON.parse(JSON.stringify(unsavedCopies(this.program)));
  }

  connect(): void {
    this.lose();
    this.connection = new Connection(this.server);
  }

  lose(): void {
    if (this.connection) {
      this.server.connections.delete(this.connection);
      this.connection = null;
    }
  }

  reload(): void {
    this.lose();
    this.program = openProgram(this.kept);
  }

  /** For good, and without a word. */
  close(): void {
    this.lose();
    const { kept } = this;
    if (kept.length > 0) {
      this.left.set(this.name, kept);
    }
  }

  /** One frame of the server's arrives. */
  deliver(): void {
    const frame = this.connection?.down.shift();
    switch (frame?.type) {
      case "hello":
        this.program = reconcileHello(this.program, frame.stored);
        this.takeOver();
        this.save();
        break;
      case "program":
        this.program = reconcileProgram(this.program, frame.stored);
        break;
      case "saved":
        this.program = reconcileSaved(this.program, frame.id, frame.revision, frame.version);
        break;
      case "refused":
        this.program = reconcileRefused(this.program, frame.id, "No.");
    }
    for (const key of this.replacing) {
      const text = copyOf(this.program, key);
      if (!text || isClean(this.program, text)) {
        this.replacing.delete(key);
      }
    }
    this.restore();
  }

  /** As classroom/programs.ts: what is replaced is sent first. */
  replace(how: (one: ProgramState) => ProgramState): void {
    this.save();
    this.program = how(this.program);
    this.replacing.add(this.program.shown);
    this.save();
  }

  save(): void {
    for (const { key } of this.program.copies) {
      const text = copyOf(this.program, key);
      if (text && needsSending(this.program, text)) {
        this.write(key);
      }
    }
  }

  /** Sends a text, as an edit or with an order. */
  write(key: number): void {
    const text = copyOf(this.program, key);
    if (text && this.connection && this.program.server) {
      const { source, base, version, page } = text;
      const id = this.newId();
      const replaces = this.replacing.has(key);
      this.connection.up.push({ type: "write", id, source, base, version, page, replaces });
      this.program = recordWrite(this.program, id, key);
    }
  }

  restore(): void {
    const version = restorableVersion(this.program);
    if (version > 0 && this.connection) {
      const id = this.newId();
      this.connection.up.push({ type: "restore", id, base: this.program.restoreBase, version });
      this.program = recordRestore(this.program, id);
    }
  }

  private takeOver(): void {
    for (const [name, all] of this.left) {
      const take = (one: ProgramState, copy: UnsavedCopy, at: number) =>
        takeOverCopy(one, copy, at === 0 ? name : `${name}-${at}`);
      this.program = all.reduce(take, this.program);
    }
    this.left.clear();
  }

  private newId(): string {
    this.count += 1;
    return `${this.name}-${this.count}`;
  }
}

/** The student types at the end of what is shown. */
export function types(page: SimulatedPage, text: string): void {
  const before = page.shown;
  page.program = applyEdit(page.program, page.program.shown, "", before, before + text);
}

/** All that is on its way arrives. */
export function settle(...pages: SimulatedPage[]): void {
  const busy = () =>
    pages.some(({ connection: line }) => line && line.up.length + line.down.length > 0);
  for (let round = 0; busy(); round += 1) {
    if (round > 1_000) {
      throw new Error("They never come to rest.");
    }
    for (const page of pages) {
      page.connection?.answerNext();
      page.deliver();
    }
  }
}
