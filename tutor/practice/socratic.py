"""The scripted tutor: from a request to what it says or runs. Pure; knows only the request.

1. A run has just come back: say what it showed and ask about it; first a word on what the
   student has said meanwhile.
2. The student begs for the solution or says hello: decline, greet, ask something smaller.
3. There is a program that has not been run as it is, or the student asks about it: run it.
4. Everything else: talk, always ending in a question.

Where the request says that a tool must be called, it runs the program whatever was said. Another
tool than the one that runs programs is called when it is asked for by name.

It never writes a line of program of its own; it shows the student's lines, calls and values only.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, assert_never

from tutor.emulator.arguments import arguments_for
from tutor.emulator.model import Call, Output, Request, Say, Think
from tutor.practice import other_tools, phrases, probe
from tutor.practice.dialogue import Attempt, Dialogue, read
from tutor.practice.intents import Intent, intent_of
from tutor.practice.lesson import Lesson, parse
from tutor.practice.other_tools import TOOL
from tutor.practice.phrases import code, pick
from tutor.practice.probe import (
    Crash,
    Endless,
    Failing,
    NotRun,
    OverLimit,
    Passed,
    ProbeVerdict,
    Ran,
    Stopped,
    WaitedForInput,
    Wrong,
)


def answer(request: Request) -> Sequence[Output]:
    """What the tutor says or runs next. The same request always gets the same answer."""
    tutor = _Tutor(request)
    outputs = tutor.answer()
    thinks = request.reasoning.get("effort") not in {None, "none", "minimal"}
    return [Think("What does the student see, and what not yet?"), *outputs] if thinks else outputs


class _Tutor:
    """One look at one request."""

    def __init__(self, request: Request) -> None:
        self.dialogue: Dialogue = read(request.items)
        self.lesson: Lesson = parse(request.instructions, self.dialogue.step)
        # The function tool that runs code, None if the request has none.
        self.tool = _tool(request)
        self.must_call = request.choice.must
        # Another tool that the student has just asked for.
        self.asked_for = other_tools.asked_for(request)
        items = json.dumps(request.items, sort_keys=True).encode()
        # Lets answers vary from one conversation to another, and from one turn to the next.
        self.seed = int.from_bytes(hashlib.sha256(items).digest()[:4])

    def answer(self) -> list[Output]:
        dialogue = self.dialogue
        if self.tool and self.must_call:
            return self._run()
        if self.asked_for:
            return [Call(self.asked_for["name"], arguments_for(self.asked_for))]
        if dialogue.after_run and dialogue.attempts and dialogue.attempts[-1].output is not None:
            if dialogue.added:
                return self._about_and_added(dialogue.attempts[-1])
            return [Say(self._about(dialogue.attempts[-1]))]
        intent = intent_of(dialogue.said)
        if intent in {Intent.BEG, Intent.GREET}:
            return [Say(self._talk(intent))]
        runnable = self.tool and (dialogue.code or "").strip()
        if runnable and (dialogue.known is None or intent is Intent.CHECK):
            return self._run()
        return [Say(self._talk(intent))]

    # Running

    def _run(self) -> list[Output]:
        assert self.tool
        program = probe.compose(self.dialogue.code or "", self.lesson.cases)
        properties = (self.tool.get("parameters") or {}).get("properties") or {}
        arguments = {"code": program} | ({"stdin": ""} if "stdin" in properties else {})
        call = Call(TOOL, json.dumps(arguments, ensure_ascii=False))
        return [Say(self._announce(), phase="commentary"), call]

    def _announce(self) -> str:
        if not self.lesson.cases:
            return "Let me run your program. What do you expect it to print?"
        expected = code(self.lesson.cases[0].call)
        return pick(
            (
                (
                    f"I'll run your program on the lesson's examples. What do you expect "
                    f"{expected} "
                    "to give?"
                ),
                f"Let me see what it does. Make a guess meanwhile: what will {expected} give?",
            ),
            self.seed,
        )

    # After a run

    def _about(self, attempt: Attempt) -> str:
        """What a finished run calls for."""
        seed, program = self.seed, attempt.code
        verdict = self._verdict(attempt)
        match verdict:
            case Crash() | Wrong() | Endless() | OverLimit() | WaitedForInput():
                return self._about_failing(verdict, program)
            case Passed():
                return pick(phrases.GREEN, seed) + pick(phrases.EXPLAIN, seed)
            case Ran():
                return phrases.RAN + self._reading(program)
            case Stopped():
                return phrases.STOPPED + self._reading(program)
            case NotRun() | None:
                return phrases.NOT_RUN + self._reading(program)
            case _:
                assert_never(verdict)

    def _about_and_added(self, attempt: Attempt) -> list[Output]:
        """What a run calls for during which the student said something."""
        dialogue = self.dialogue
        if self.tool and (dialogue.code or "").strip() and dialogue.known is None:
            # The program has changed since.
            return self._run()
        added = phrases.ADDED.get(intent_of(dialogue.added), phrases.ADDED_OTHERS)
        return [Say(added + self._about(attempt))]

    def _about_failing(self, verdict: Failing, program: str) -> str:
        """What happened, in facts; then the hint that is due, or a first question."""
        hint = self._hint()
        match verdict:
            case Crash(kind=kind, message=message, line=line, call=call):
                lines = program.splitlines()
                source = lines[line - 1].strip() if line and line <= len(lines) else ""
                fact = phrases.crash(kind, message, line, source, call)
                return fact + (hint or phrases.ABOUT.get(kind, phrases.ABOUT_OTHERS))
            case Wrong(case=case, got="None"):
                return phrases.wrong(case, "None", self.seed) + phrases.returned_none(program)
            case Wrong(case=case, got=got):
                fact = phrases.wrong(case, got, self.seed)
                return fact + (hint or self._first_question(program, case.call))
            case Endless(call=call):
                question = phrases.trace_question(program, call, self.seed)
                return phrases.endless(call) + (hint or question)
            case OverLimit(what=what):
                question = phrases.trace_question(program, None, self.seed)
                return phrases.TOO_MUCH[what] + (hint or question)
            case WaitedForInput():
                return phrases.ASKING
            case _:
                assert_never(verdict)

    def _first_question(self, program: str, call: str) -> str:
        shows = [w for w in self._witnesses(program) if w != call]
        if shows and self.seed % 3 == 0:
            return phrases.predict(shows[0])
        return phrases.trace_question(program, call, self.seed)

    def _hint(self) -> str:
        """The lesson's next hint, from the second program that is not there yet; empty before."""
        failed: list[str] = []
        for attempt in self.dialogue.attempts:
            if isinstance(self._verdict(attempt), Failing) and attempt.code not in failed:
                failed.append(attempt.code)
        level = min(len(failed) - 1, len(self.lesson.hints))
        if level < 1:
            return ""
        hint = self.lesson.hints[level - 1]
        asks = "" if "?" in hint else " What does that tell you about your program?"
        return f"{hint}{asks}"

    # Talking

    def _talk(self, intent: Intent) -> str:
        known = self.dialogue.known
        green = known and isinstance(self._verdict(known), Passed)
        if intent is Intent.GREET:
            return phrases.greeting(self.lesson.title) + self._smaller()
        if green and intent is Intent.BEG:
            return phrases.ALREADY + pick(phrases.EXPLAIN, self.seed)
        if green:
            return pick(phrases.REFLECT, self.seed)
        if intent is Intent.BEG:
            return pick(phrases.DECLINE, self.seed) + self._smaller()
        if intent is Intent.STUCK:
            return pick(phrases.STUCK, self.seed) + self._smaller()
        return pick(phrases.THOUGHT, self.seed) + self._smaller()

    def _smaller(self) -> str:
        """A question that is easier than the task."""
        program = (self.dialogue.code or "").strip()
        if not program:
            return self._without_program()
        known = self.dialogue.known
        verdict = self._verdict(known) if known else None
        if isinstance(verdict, Wrong):
            return phrases.trace_question(program, verdict.case.call, self.seed)
        if isinstance(verdict, Crash) and verdict.line:
            about = phrases.ABOUT.get(verdict.kind, phrases.ABOUT_OTHERS)
            return f"Look at line {verdict.line} only. {about}"
        return self._reading(program)

    def _reading(self, program: str) -> str:
        call = self.lesson.cases[0].call if self.lesson.cases else None
        return phrases.trace_question(program, call, self.seed)

    def _without_program(self) -> str:
        question = pick(phrases.NO_PROGRAM if self.lesson.title else phrases.ANYTHING, self.seed)
        if self.lesson.cases:
            return f"{question} Take {code(self.lesson.cases[0].call)} as the example."
        return question

    # Facts

    def _verdict(self, attempt: Attempt) -> ProbeVerdict | None:
        if attempt.output is None:
            return None
        return probe.judge(attempt.output, attempt.code, self.lesson.cases)

    def _witnesses(self, program: str) -> list[str]:
        """Calls that shake a belief, of what the program itself uses."""
        names = ((w, w.strip("[").partition("(")) for w in self.lesson.witnesses)
        calls = {case.call for case in self.lesson.cases}
        return [w for w, (name, _, _) in names if w not in calls and _used(w, name, program)]


def _used(witness: str, name: str, program: str) -> bool:
    inner = witness.partition("(")[2].partition("(")[0]
    return any(part.isidentifier() and f"{part}(" in program for part in (name, inner))


def _tool(request: Request) -> dict[str, Any] | None:
    tools = [t for t in request.tools if t["type"] == "function" and t.get("name") == TOOL]
    if not request.choice.allows(TOOL):
        return None
    return tools[0] if tools else None
