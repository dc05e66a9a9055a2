"""All that the scripted tutor shows in a step, judged by the leak gate like a model's answers."""

from dataclasses import dataclass, field
from typing import Any

from courses.steps import CodeStep, PredictStep
from tests.tutor.leaks.running import judged
from tests.tutor.practice.server import Server
from tutor.emulator import Call, Output, Say
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement, Verdict
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation
from tutor.method import tools


@dataclass
class Gate:
    """Judges one turn after the other; what was shown before counts with each."""

    server: Server
    shown: list[Said] = field(default_factory=list)
    # All that was held back, with why; and how many programs were run.
    held_back: list[tuple[Said, Judgement]] = field(default_factory=list)
    programs: int = 0
    # The reports of runs that were looked at.
    _reports: int = 0

    def turn(self, outputs: list[Output]) -> None:
        """Judge what a turn shows. A step that is passed, or foretold, has nothing to keep."""
        said = self._said(outputs)
        step = self.server.step
        if isinstance(step, CodeStep | PredictStep) and not self._is_open(step):
            judge = Judge(self._situation(step))
            for one in said:
                self._judge(judge, one)
        self.shown += said

    def _is_open(self, step: CodeStep | PredictStep) -> bool:
        tried = isinstance(step, PredictStep) and self.server.attempts > 0
        return self.server.done or tried

    def _judge(self, judge: Judge, said: Said) -> None:
        if said.channel is not Channel.REPLY and not said.text:
            return
        found = judged(judge.judge(said), judge.situation.files)
        self.programs += found.programs
        if found.verdict not in (Verdict.OK, Verdict.PARTIAL):
            self.held_back.append((said, found))

    def _situation(self, step: CodeStep | PredictStep) -> Situation:
        server = self.server
        cases = step.visible if isinstance(step, CodeStep) else ()
        told = [
            text
            for case in cases
            for text in (case.call, case.stdin, case.expect, case.stdout, case.raises)
        ]
        known = [step.title, step.prompt, step.stdin, *told, *dict(server.files).values()]
        return Situation(
            step=step,
            language=server.course.language,
            programs=tuple(dict.fromkeys([server.program, server.starter])),
            known=tuple(text for text in [*known, *server.said] if text),
            earlier=tuple(self.shown),
            files=server.files,
        )

    def _said(self, outputs: list[Output]) -> list[Said]:
        """What a page shows of these."""
        found = []
        for output in outputs:
            if isinstance(output, Say):
                found.append(Said(Channel.REPLY, output.text))
            elif isinstance(output, Call):
                found += self._called(output.name, self.server.arguments(output))
        return found

    def _called(self, name: str, arguments: dict[str, Any]) -> list[Said]:
        _, report = self.server.outputs[self._reports]
        self._reports += 1
        match name:
            case tools.RUN:
                calls = [Said(Channel.CALL, call) for call in arguments.get("calls", [])]
                return [
                    Said(Channel.CODE, arguments["code"]),
                    *calls,
                    Said(Channel.OUTPUT, printed(report)),
                ]
            case tools.PREDICTION:
                question = Said(Channel.REPLY, arguments["question"])
                return [Said(Channel.CALL, arguments["call"]), question]
        return []


def printed(report: dict[str, Any]) -> str:
    """What a page shows of a run's end."""
    outcomes = [one["outcome"] for one in report.get("calls", [])]
    return "\n".join([*outcomes, report.get("stdout", ""), report.get("stderr", "")])
