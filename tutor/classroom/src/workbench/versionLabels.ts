// Texts about the versions of a program.

import type { Classroom } from "../classroom/classroom";
import type { ProgramState, ProgramVersion } from "../program/model";
import { distinguishingLine } from "../program/source";
import { isDismissed, otherVersions } from "../program/versions";
import { isClean, shownCopy } from "../program/workingCopies";

const DIVERGED = "This program was also changed in another tab or on another device.";
// Of a line that tells versions apart.
const LINE_CHARS = 40;

/** A sentence where the student's text has diverged from the program; else empty. */
export function divergedNotice(classroom: Classroom): string {
  const program = classroom.programs.stateOf(classroom.step);
  const copy = shownCopy(program);
  if (program.diverged === 0 || !copy) {
    return "";
  }
  const isKept = isClean(program, copy)
    ? !isDismissed(program, copy)
    : classroom.store.isPersistent;
  return isKept ? `${DIVERGED} Both versions are kept.` : DIVERGED;
}

/** The line that tells a version from the program and from other versions, cut to fit. */
export function versionPreview(classroom: Classroom, version: ProgramVersion): string {
  const program = classroom.programs.stateOf(classroom.step);
  const others = otherVersions(program).filter(
    ({ id, source }) => id !== version.id && source !== version.source,
  );
  const sources = others.map(({ source }) => source);
  const line = [
    ...distinguishingLine(
      version.source,
      program.server ? [program.server.source, ...sources] : sources,
    ),
  ];
  return line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS - 1).join("")}…` : line.join("");
}

/** The version in the server's list that is shown, if it is one. */
export function listedVersion(program: ProgramState): ProgramVersion | undefined {
  const version = shownCopy(program)?.version;
  return program.server?.versions.find(({ id }) => id === version);
}

export function versionName(version: ProgramVersion | undefined): string {
  return version?.writtenAt
    ? `the version from ${formatTime(new Date(version.writtenAt))}`
    : "the version from this browser";
}

/** In the browser's own way; with the day, where it is not today. */
function formatTime(when: Date): string {
  return when.toDateString() === new Date().toDateString()
    ? when.toLocaleTimeString([], { timeStyle: "medium" })
    : when.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}
