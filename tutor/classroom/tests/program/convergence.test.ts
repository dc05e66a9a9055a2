// Pages and a server, and everything that can happen to them in any order.

import { expect, it } from "vitest";
import { replaceProgram, replaceSeen, replaceShown } from "../../src/program/edits";
import type { ProgramState, UnsavedCopy } from "../../src/program/model";
import {
  dismissVersion,
  endDismissal,
  otherVersions,
  requestRestore,
  showVersion,
} from "../../src/program/versions";
import { copyOf, isClean, shownCopy } from "../../src/program/workingCopies";
import { ProgramServer, SimulatedPage, settle, types } from "../support/programServer";

const WALKS = 300;
const STEPS = 120;
const PAGES = 3;

/** A small generator of its own (mulberry32), so that a walk can be had again by its number. */
function chances(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** All that a browser keeps of these copies. */
function texts(copies: readonly UnsavedCopy[]): string[] {
  return copies.flatMap(({ code, unstored = [] }) => [code, ...unstored.map((one) => one.code)]);
}

class Walk {
  private readonly server = new ProgramServer();
  // Two browsers.
  private readonly stores = [new Map<string, UnsavedCopy[]>(), new Map<string, UnsavedCopy[]>()];
  private readonly typed: string[] = [];
  private readonly pages: SimulatedPage[] = [];
  private readonly chance: (below: number) => number;

  constructor(private readonly seed: number) {
    this.chance = chances(seed);
    for (let at = 0; at < PAGES; at += 1) {
      this.begin(at);
    }
  }

  go(): void {
    for (let step = 0; step < STEPS; step += 1) {
      const at = this.chance(PAGES);
      this.act(at, this.pages[at] as SimulatedPage);
      this.look(step);
    }
  }

  /** All pages are online again, and everything is said. */
  end(): void {
    for (const page of this.pages) {
      page.connect();
    }
    settle(...this.pages);
    for (const page of this.pages) {
      page.save();
      settle(...this.pages);
    }
    for (const { program } of this.pages) {
      const main = copyOf(program, program.main);
      expect(main?.source, `walk ${this.seed}`).toEqual(this.server.source);
      const unclean = program.copies.filter(
        (text) => !isClean(program, text) || text.unstored.length > 0,
      );
      expect(unclean, `walk ${this.seed}`).toEqual([]);
    }
  }

  private begin(at: number): void {
    const store = this.stores[at % 2] ?? new Map();
    this.pages[at] = new SimulatedPage(this.server, `page-${at}-${this.typed.length}`, store);
  }

  private act(at: number, page: SimulatedPage): void {
    const often = [
      () => this.type(at, page),
      () => this.type(at, page),
      () => page.save(),
      () => page.connection?.answerNext(),
      () => page.connection?.answerNext(),
      () => page.deliver(),
      () => page.deliver(),
    ];
    const sometimes = [
      () => page.write(page.program.shown), // a run, a check, a message
      () => this.show(page),
      () => this.want(page),
      () => this.dismiss(page),
      () => this.undismiss(page),
      () => this.replace(page),
      () => page.connect(),
    ];
    const seldom = [() => page.reload(), () => this.close(at, page), () => page.lose()];
    const kind = this.chance(10);
    const all = kind < 7 ? often : kind < 9 ? sometimes : seldom;
    all[this.chance(all.length)]?.();
  }

  private type(at: number, page: SimulatedPage): void {
    if (shownCopy(page.program)) {
      types(page, `${"abc"[at]}${this.typed.length} `);
      this.typed.push(page.shown);
    }
  }

  private show(page: SimulatedPage): void {
    const all = [{ id: 0, key: 0 }, ...otherVersions(page.program)];
    page.program = showVersion(page.program, all[this.chance(all.length)] ?? { id: 0, key: 0 });
  }

  private want(page: SimulatedPage): void {
    page.program = requestRestore(page.program);
    page.save();
    page.restore();
  }

  private dismiss(page: SimulatedPage): void {
    const version = page.program.server?.versions.at(-1)?.id;
    if (version && page.connection) {
      page.save();
      page.connection.up.push({ type: "dismiss", version });
      page.program = dismissVersion(page.program, version);
    }
  }

  private undismiss(page: SimulatedPage): void {
    page.program = endDismissal(page.program, true);
    page.save();
  }

  private replace(page: SimulatedPage): void {
    const code = this.typed[this.chance(this.typed.length)] ?? "anew ";
    const source = { code, files: {} };
    const seen = copyOf(page.program, page.program.main)?.source ?? source;
    const ways = [
      (one: ProgramState) => replaceShown(one, source, "reset"),
      (one: ProgramState) => replaceProgram(one, source, "restored"),
      (one: ProgramState) => replaceSeen(one, source, seen),
      (one: ProgramState) => replaceSeen(one, source, source),
    ];
    page.replace(ways[this.chance(ways.length)] ?? ((one) => one));
  }

  private close(at: number, page: SimulatedPage): void {
    page.close();
    this.begin(at);
  }

  /** Counted without editors and lines: every page may be gone in the next moment. */
  private look(step: number): void {
    const places = [
      this.server.source.code,
      ...this.server.rows.map(({ source }) => source.code),
      ...this.server.history.map(({ code }) => code),
      ...this.pages.flatMap((page) => texts(page.kept)),
      ...this.stores.flatMap((store) => texts([...store.values()].flat())),
    ];
    for (const text of this.typed) {
      // What was written on since then is the same writing.
      if (!places.some((place) => place.startsWith(text))) {
        expect.fail(`walk ${this.seed}, step ${step}: “${text}” is gone`);
      }
    }
  }
}

it("loses no text that was typed, and in the end all pages have the same program", () => {
  for (let seed = 1; seed <= WALKS; seed += 1) {
    const walk = new Walk(seed);
    walk.go();
    walk.end();
  }
});
