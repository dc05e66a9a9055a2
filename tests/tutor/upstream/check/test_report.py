"""What is said of a server, and with which exit code."""

import json

import pytest

from tutor.protocol.events import Usage
from tutor.upstream.check.report import ExitCode, Finding, Report, Verdict

ANSWER = Finding("answer", Verdict.YES, "streamed", 1.234)
NO_CALL = Finding("tool call", Verdict.FAILED, "no call was made")
NO_SOCKET = Finding("WebSocket", Verdict.NO, "refused with 404")


@pytest.mark.parametrize(
    ("findings", "stopped", "code"),
    [
        ((ANSWER, NO_SOCKET), ExitCode.OK, ExitCode.OK),
        ((ANSWER, NO_CALL), ExitCode.OK, ExitCode.INCOMPLETE),
        ((NO_CALL,), ExitCode.UNREACHABLE, ExitCode.UNREACHABLE),
        ((), ExitCode.MISCONFIGURED, ExitCode.MISCONFIGURED),
    ],
)
def test_only_what_the_tutor_needs_counts(findings, stopped, code):
    assert Report("m", "u", findings, stopped).exit_code is code


def test_a_report_is_a_table_and_what_it_cost():
    usage = Usage(100, 20, 7)
    report = Report("m", "http://h/v1", (ANSWER, NO_CALL), ExitCode.OK, 3, usage, 0.5, "0.01 USD")
    assert list(report.lines()) == [
        "m at http://h/v1",
        "  answer     ok      streamed (1.23 s)",
        "  tool call  FAILED  no call was made",
        "First word after 0.50 s. 3 requests, 100 tokens in (20 cached), 7 out; it cost 0.01 USD.",
        "Does not work, and the tutor needs it: tool call.",
    ]


def test_a_report_as_json_has_all_of_it():
    report = Report("m", "u", (ANSWER,), requests=1, usage=Usage(5, 0, 2), first_word_s=0.5)
    assert json.loads(json.dumps(report.to_json())) == {
        "model": "m",
        "base_url": "u",
        "ok": True,
        "exit_code": 0,
        "findings": [{"name": "answer", "verdict": "yes", "seen": "streamed", "seconds": 1.234}],
        "first_word_s": 0.5,
        "requests": 1,
        "tokens": {"input": 5, "cached": 0, "output": 2},
        "cost": None,
    }
