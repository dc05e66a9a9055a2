// One step of one student as the server keeps it (tutor/revisions.py, tutor/models/programs.py), its
// connections, and pages at their other ends; nothing arrives before `deliver` is called.

import {
  type Copy,
  copies,
  edited,
  isDue,
  opened,
  type Program,
  restorable,
  restoring,
  type Stored,
  textOf,
  writing,
} from "../src/program";
import { changed, greeted, refused, saved, takenOver } from "../src/reconcile";
import { isSame, type Work } from "../src/work";

type Up =
  | { type: "write"; id: string; work: Work; base: number; version: number; page: string }
  | { type: "restore"; id: string; base: number; version: number }
  | { type: "dismiss"; version: number }
  | { type: "nudge" };
type Down =
  | { type: "hello" | "program"; stored: Stored }
  | { type: "saved"; id: string; revision: number; version: number }
  | { type: "refused"; id: string };
interface Row {
  number: number;
  work: Work;
  listed: boolean;
}

const LISTED = 5;
const EMPTY: Work = { code: "", files: {} };

export class Shelf {
  revision = 0;
  work = EMPTY;
  // Newest last.
  rows: Row[] = [];
  readonly connections = new Set<Connection>();
  private lastNumber = 0;

  get stored(): Stored {
    const versions = this.rows
      .filter(({ listed }) => listed)
      .map(({ number, work }) => ({ id: number, writtenAt: "2026-01-01T10:00:00+00:00", work }))
      .reverse();
    return { revision: this.revision, work: this.work, versions };
  }

  replace(name: string, work: Work): boolean {
    if (name !== `r${this.revision}`) {
      return false;
    }
    this.revision += 1;
    this.work = work;
    return true;
  }

  keep(work: Work): { name: string; changed: boolean } {
    const known = this.rows.find((row) => isSame(row.work, work));
    if (known) {
      const { listed } = known;
      this.list(known);
      return { name: `v${known.number}`, changed: !listed };
    }
    return { name: this.renew({ number: 0, work, listed: true }, work), changed: true };
  }

  renew(row: Row, work: Work): string {
    this.lastNumber += 1;
    row.number = this.lastNumber;
    row.work = work;
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

/** The server's end. What a page's own writes have made of a text stands for that text. */
class Connection {
  readonly up: Up[] = [];
  readonly down: Down[];
  private readonly made = new Map<string, string>();

  constructor(private readonly shelf: Shelf) {
    this.down = [{ type: "hello", stored: shelf.stored }];
    shelf.connections.add(this);
  }

  work(): void {
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
        const row = this.shelf.rows.find(({ number }) => `v${number}` === name);
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

  private write({ id, work, base, version, page }: Up & { type: "write" }): void {
    const { shelf } = this;
    const over = this.latest(page, version > 0 ? `v${version}` : `r${base}`);
    const row = shelf.rows.find(({ number }) => `v${number}` === over);
    let name = over;
    let isNew = true;
    if (row) {
      isNew = !isSame(row.work, work);
      name = isNew ? shelf.renew(row, work) : over;
    } else if (isSame(shelf.work, work)) {
      name = `r${shelf.revision}`;
      isNew = false;
    } else if (shelf.replace(over, work)) {
      name = `r${shelf.revision}`;
    } else {
      ({ name, changed: isNew } = shelf.keep(work));
    }
    this.remember(page, over, name);
    const kept = name.startsWith("v") ? Number(name.slice(1)) : 0;
    this.down.push({ type: "saved", id, revision: shelf.revision, version: kept });
    if (kept > 0 || page !== "") {
      this.show();
    }
    if (isNew) {
      this.tellOthers();
    }
  }

  private restore({ id, base, version }: Up & { type: "restore" }): void {
    const { shelf } = this;
    const over = this.latest("", `r${base}`);
    const which = this.latest("", `v${version}`);
    const row = shelf.rows.find(({ number }) => `v${number}` === which);
    const before = shelf.work;
    if (row && shelf.replace(over, row.work)) {
      this.remember("", which, `r${shelf.revision}`);
      this.remember("", over, shelf.renew(row, before));
      this.down.push({ type: "saved", id, revision: shelf.revision, version: 0 });
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
    this.down.push({ type: "program", stored: this.shelf.stored });
  }

  private tellOthers(): void {
    for (const other of this.shelf.connections) {
      if (other !== this) {
        other.up.push({ type: "nudge" });
      }
    }
  }
}

/** One page at one step, as programs.ts has it. */
export class Sheet {
  program = opened();
  line: Connection | null = null;
  private count = 0;

  constructor(
    readonly shelf: Shelf,
    readonly name: string,
    /** What pages that are gone have left in this browser, by their names. */
    private readonly left: Map<string, Copy[]>,
  ) {}

  get shown(): string {
    return textOf(this.program, this.program.shown)?.work.code ?? "";
  }

  /** What the browser keeps, as it is read again. */
  get kept(): Copy[] {
    return JSON.parse(JSON.stringify(copies(this.program)));
  }

  connect(): void {
    this.lose();
    this.line = new Connection(this.shelf);
  }

  lose(): void {
    if (this.line) {
      this.shelf.connections.delete(this.line);
      this.line = null;
    }
  }

  reload(): void {
    this.lose();
    this.program = opened(this.kept);
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
    const frame = this.line?.down.shift();
    switch (frame?.type) {
      case "hello":
        this.program = greeted(this.program, frame.stored);
        this.takeOver();
        this.save();
        break;
      case "program":
        this.program = changed(this.program, frame.stored);
        break;
      case "saved":
        this.program = saved(this.program, frame.id, frame.revision, frame.version);
        break;
      case "refused":
        this.program = refused(this.program, frame.id, "No.");
    }
    this.restore();
  }

  save(): void {
    for (const { key } of this.program.texts) {
      const text = textOf(this.program, key);
      if (text && isDue(this.program, text)) {
        this.write(key);
      }
    }
  }

  /** Sends a text, as an edit or with an order. */
  write(key: number): void {
    const text = textOf(this.program, key);
    if (text && this.line && this.program.stored) {
      const { work, base, version, page } = text;
      const id = this.newId();
      this.line.up.push({ type: "write", id, work, base, version, page });
      this.program = writing(this.program, id, key);
    }
  }

  restore(): void {
    const version = restorable(this.program);
    if (version > 0 && this.line) {
      const id = this.newId();
      this.line.up.push({ type: "restore", id, base: this.program.over, version });
      this.program = restoring(this.program, id);
    }
  }

  private takeOver(): void {
    for (const [name, all] of this.left) {
      const take = (one: Program, copy: Copy, at: number) =>
        takenOver(one, copy, at === 0 ? name : `${name}-${at}`);
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
export function types(page: Sheet, text: string): void {
  const before = page.shown;
  page.program = edited(page.program, page.program.shown, "", before, before + text);
}

/** All that is on its way arrives. */
export function settle(...pages: Sheet[]): void {
  const busy = () => pages.some(({ line }) => line && line.up.length + line.down.length > 0);
  for (let round = 0; busy(); round += 1) {
    if (round > 1_000) {
      throw new Error("They never come to rest.");
    }
    for (const page of pages) {
      page.line?.work();
      page.deliver();
    }
  }
}
