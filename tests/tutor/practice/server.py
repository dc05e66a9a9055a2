"""A small stand-in for the server: a student's step, its facts, and what it refuses. Pure but for
the programs, which are run."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from courses.facts import CourseSource, LessonSource
from courses.steps import CodeStep, Step
from tests.tutor.practice import programs
from tutor.emulator import Call, Output, Request, Say
from tutor.method import prompts, tools
from tutor.practice import socratic
from tutor.practice.values import same, same_lines

MAX_REQUESTS: Final = 6
NO_TRY: Final = "No changed program was run or checked in this step yet."
OPEN: Final = "A prediction is open: the student answers it first."


@dataclass
class Asked:
    """A prediction that was asked for; `verdict` is empty while it is open."""

    call: str
    question: str
    program: str
    said: str = ""
    gave: str = ""
    verdict: str = ""
    said_since: bool = False


@dataclass
class Server:
    """One step of a lesson and a student in it."""

    course: CourseSource
    lesson: LessonSource
    step: Step
    program: str = ""
    support: str = "medium"
    items: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    # The hints given, each with how much had been tried by then.
    hints: list[tuple[int, int]] = field(default_factory=list)
    check: dict[str, Any] | None = None
    attempts: int = 0
    failed_in_a_row: int = 0
    tried: int = 0
    done: bool = False
    told: str | None = None
    # Every call and what it was answered with, and all that was said, over all turns.
    outputs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    # What runs have given, and what the student has answered.
    seen: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    # What the student has said.
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.starter = getattr(self.step, "starter", "") or getattr(self.step, "program", "")
        self.program = self.program or self.starter
        text = prompts.CourseText(
            self.course.title,
            self.course.instructions,
            self.course.language,
            self.course.policy.support,
        )
        self.instructions = prompts.instructions(text, self.lesson.for_tutor())
        self.tools = tuple(tools.declarations(self.course.language))
        self.files = tuple((one.path, one.text) for one in getattr(self.step, "files", ()))

    @property
    def is_last(self) -> bool:
        return self.step.id == self.lesson.steps[-1].id

    # What the student does

    def say(self, text: str, asked_hint: int = 0) -> list[Output]:
        """One turn: what the tutor says and calls in it."""
        for one in self.asked:
            one.said_since = True
        return self._turn(text, {"level": asked_hint, "write": True} if asked_hint else None)

    def answer(self, text: str | None) -> list[Output]:
        """The answer to the open prediction; None for one that the student does not know."""
        one = self.asked[-1]
        one.said, one.gave = text or "", self.outcome(one.call, one.program)
        self.answers.append(one.said)
        right = same(one.said, one.gave) if one.call else same_lines(one.said, one.gave)
        one.verdict = "none" if text is None else "right" if right else "wrong"
        self.tried += 1
        return self._turn("I don't know." if text is None else text, None)

    def write(self, program: str) -> None:
        self.program = program
        self.tried += 1

    def check_program(self) -> bool:
        """The visible cases, judged; the step is passed if all of them are right."""
        assert isinstance(self.step, CodeStep)
        failed, beliefs = [], []
        for case in self.step.visible:
            got = self.outcome(case.call, self.program, case.stdin)
            if not self._is_right(case, got):
                failed.append({"call": case.call, "input": case.stdin, "got": f"It gave `{got}`."})
                beliefs += [one for one in case.catches if one not in beliefs]
        total = len(self.step.visible)
        self.attempts += 1
        self.tried += 1
        self.done = not failed
        self.failed_in_a_row = self.failed_in_a_row + 1 if failed else 0
        self.check = {
            "attempt": self.attempts, "passed": self.done,
            "visible": [total - len(failed), total], "failed": failed, "beliefs": beliefs,
        }  # fmt: skip
        return self.done

    def judge(self, passed: bool, **check: Any) -> None:
        """A prediction or a choice, judged."""
        self.attempts += 1
        self.tried += 1
        self.done = passed
        self.check = {"attempt": self.attempts, "passed": passed, **check}

    # The server

    @property
    def open(self) -> Asked | None:
        return next((one for one in self.asked if not one.verdict), None)

    @property
    def state(self) -> str:
        if self.open:
            return "committed"
        if self.step.kind == "explain":
            return "reading"
        if self.done:
            return "passed"
        if not self.tried and not self.asked:
            return "fresh"
        last = next((one for one in reversed(self.asked) if one.program == self.program), None)
        if last and last.verdict == "wrong":
            return "surprised"
        if self.failed_in_a_row >= 2:
            return "stuck"
        return "consistent" if last and last.verdict == "right" else "trying"

    @property
    def may(self) -> int:
        level = len(self.hints) + 1
        before = self.hints[-1][1] if self.hints else 0
        allowed = not self.done and not self.open and self.step.kind != "explain"
        return level if allowed and level <= 3 and self.tried > before else 0

    def facts(self, asked_hint: dict[str, Any] | None = None) -> dict[str, Any]:
        hints: dict[str, Any] = {"may": self.may} if self.may else {"because": NO_TRY}
        if asked_hint:
            hints["asked"] = asked_hint
        told: dict[str, Any] = {
            "step": self.step.id, "kind": self.step.kind, "state": self.state,
            "attempts": self.attempts, "minutes": 1, "hints": hints,
        }  # fmt: skip
        if self.check:
            told["check"] = self.check
        if self.asked:
            one = self.asked[-1]
            told["prediction"] = {
                "call": one.call, "question": one.question, "state": one.verdict or "open",
                "said": one.said, "gave": one.gave,
            }  # fmt: skip
        return {"facts": told}

    def _turn(self, text: str, asked_hint: dict[str, Any] | None) -> list[Output]:
        self.said.append(text)
        facts = json.dumps(self.facts(asked_hint))
        self.items.append({"type": "message", "role": "developer", "content": facts})
        held = prompts.program(self.program, {}, self.course.language)
        held = held if self.program else prompts.NO_PROGRAM
        new = () if held == self.told else (held,)
        self.told = held
        self.items.append(prompts.student_message(text, *new))
        done: list[Output] = []
        for _ in range(MAX_REQUESTS):
            request = Request("m", tuple(self.items), self.instructions, self.tools)
            outputs = list(socratic.answer(request))
            done += outputs
            reports = self._perform(outputs)
            if not reports or tools.ends_turn(reports):
                return done
        raise AssertionError(f"The turn has no end: {done}")

    def _perform(self, outputs: list[Output]) -> list[dict[str, Any]]:
        """Store what came; the outputs of its calls, stored too."""
        calls = []
        for output in outputs:
            if isinstance(output, Say):
                self.texts.append(output.text)
                said = {"type": "message", "role": "assistant", "content": output.text}
                self.items.append(said)
            elif isinstance(output, Call):
                calls.append((f"call_{len(self.items)}", output))
                fields = {"name": output.name, "arguments": output.arguments}
                self.items.append({"type": "function_call", "call_id": calls[-1][0], **fields})
        reports = []
        for call_id, call in calls:
            report = self._report(call.name, json.loads(call.arguments))
            self.outputs.append((call.name, report))
            reports.append(tools.output(call_id, report))
        self.items += reports
        return reports

    @staticmethod
    def arguments(call: Call) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(call.arguments)
        return found

    def _report(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        match name:
            case tools.RUN:
                return self._run(**arguments)
            case tools.PREDICTION:
                return self._ask(**arguments)
            case tools.HINT:
                if arguments["level"] != self.may:
                    return {"status": "refused", "because": NO_TRY}
                self.hints.append((arguments["level"], self.tried))
                if not getattr(self.step, "hints", ()):
                    return {"status": "write", "level": arguments["level"]}
                return {"status": "given", "level": arguments["level"], "text": "…"}
            case tools.OFFER:
                if arguments["what"] == "next" and self.is_last:
                    return {"status": "refused", "because": "This is the last step."}
                return {"status": "offered", "what": arguments["what"]}
        raise AssertionError(name)

    def _run(self, code: str, stdin: str, calls: list[str] = []) -> dict[str, Any]:  # noqa: B006
        if self.open:
            return {"status": "refused", "because": OPEN}
        if self.step.kind == "predict" and not self.attempts:
            return {"status": "refused", "because": "The prediction comes first."}
        assert code == ""
        if calls:
            seen = [{"call": c, "outcome": self.outcome(c, self.program, stdin)} for c in calls]
            return {"status": "ok", "exit_code": 0, "calls": seen}
        printed = self.outcome("", self.program, stdin)
        error = printed.rpartition("\n")[2].removeprefix("raises ") if "raises" in printed else ""
        status = {"status": "error", "exit_code": 1} if error else {"status": "ok", "exit_code": 0}
        return {**status, "stdout": printed, "stderr": error, "message": ""}

    def _ask(self, call: str, question: str) -> dict[str, Any]:
        last = self.asked[-1] if self.asked else None
        known = [one for one in self.asked if (one.call, one.program) == (call, self.program)]
        before = self.step.kind == "predict" and not self.attempts
        too_soon = last and last.verdict == "wrong" and not last.said_since
        if self.open or known or before or too_soon:
            return {"status": "refused", "because": "It may not be asked now."}
        self.asked.append(Asked(call, question, self.program))
        return {"status": "asked"}

    def outcome(self, call: str, program: str, stdin: str = "") -> str:
        stdin = stdin or getattr(self.step, "stdin", "")
        if self.course.language == "python":
            ended, printed = programs.outcome(program, call, stdin, self.files)
            parts = [ended] if call else [printed.rstrip("\n"), ended]
            self.seen.append("\n".join(part for part in parts if part))
        else:
            self.seen.append(self._printed(program, stdin))
        return self.seen[-1]

    def _printed(self, program: str, stdin: str) -> str:
        """Of a program that cannot be run here: what its case says, or something else."""
        assert isinstance(self.step, CodeStep)
        wanted = [case.stdout or "" for case in self.step.visible if case.stdin == stdin]
        return wanted[0] if wanted and program == self.step.solution else "something else"

    def _is_right(self, case: Any, got: str) -> bool:
        if case.raises:
            return got.startswith(f"raises {case.raises}")
        if case.expect is not None:
            return same(got, case.expect, case.tolerance)
        return same_lines(got, case.stdout or "")
