"""A sandbox that is not what it should be is not used."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import report, selftest
from sandbox.job import GIB, Job, Limits, Result, Status
from sandbox.languages import PYTHON
from sandbox.pool import Pool
from sandbox.selftest import UNFIT, SlowError
from sandbox.spec import ContainerSpec
from tests.polling import wait_until

# What the probe says where all is well.
FACTS = {
    "uid": 20001, "gid": 20001, "capabilities": 0, "no_new_privileges": 1, "seccomp": 2,
    "netlink": "EPERM", "network": "ENETUNREACH", "root_read_only": True,
    "scratch_bytes": 16777216, "scratch_files": 2000, "supervisor": "EACCES", "wire": "EACCES",
    "engine": False, "processes": 62,
}  # fmt: skip


def wrong(facts: dict[str, Any]) -> list[str]:
    found = selftest.judge(FACTS | facts, Limits())
    return [finding.seen for finding in found if not finding.ok]


def test_what_should_be_is_fine() -> None:
    assert wrong({}) == []


@pytest.mark.parametrize(
    "fact",
    [
        {"uid": 0}, {"capabilities": 1}, {"no_new_privileges": 0}, {"seccomp": 0},
        {"netlink": "allowed"}, {"network": "ETIMEDOUT"}, {"network": "allowed"},
        {"root_read_only": False}, {"scratch_bytes": 10**9}, {"scratch_files": 0},
        {"supervisor": "allowed"}, {"wire": "EACCES,allowed"}, {"engine": True},
        {"processes": 64}, {"processes": 1000},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_else_is_found_is_named(fact: dict[str, Any]) -> None:
    ((name, value),) = fact.items()
    assert wrong(fact) == [f"{name} {value}"]


MIB = 1024


@pytest.mark.parametrize(
    ("result", "ok", "is_slow"),
    [
        (Result(Status.MEMORY, peak_memory_kb=256 * MIB), True, False),
        (Result(Status.MEMORY, peak_memory_kb=300 * MIB), False, False),
        (Result(Status.OK, peak_memory_kb=520 * MIB), False, False),
        # Slow is not unsafe, unless it has had too much before.
        (Result(Status.TIMEOUT, peak_memory_kb=90 * MIB), False, True),
        (Result(Status.TIMEOUT, peak_memory_kb=300 * MIB), False, False),
    ],
)
def test_a_probe_whose_time_is_over_is_judged_by_its_peak(
    result: Result, ok: bool, is_slow: bool
) -> None:
    found = selftest.judge_memory(result, Limits())
    assert (found.ok, found.is_slow) == (ok, is_slow)


@pytest.mark.parametrize(
    ("result", "ok", "is_slow"),
    [
        (Result(Status.TIMEOUT, duration_ms=560), True, False),
        (Result(Status.TIMEOUT, duration_ms=2400), False, True),
        (Result(Status.CRASHED, duration_ms=2400), False, False),
    ],
)
def test_a_deadline_that_comes_late_is_no_missing_one(
    result: Result, ok: bool, is_slow: bool
) -> None:
    found = selftest.judge_deadline(result)
    assert (found.ok, found.is_slow) == (ok, is_slow)


def on_a_machine(monkeypatch: pytest.MonkeyPatch, needs_s: float) -> list[float]:
    """Probes need so many seconds there; for how long each was tried."""
    tried: list[float] = []

    def run(job: Job, image: str) -> Result:
        if "while True" in job.code:
            return Result(Status.TIMEOUT, duration_ms=560)
        tried.append(job.limits.wall_s)
        ended = Status.MEMORY if job.limits.wall_s >= needs_s else Status.TIMEOUT
        return Result(ended, stdout=json.dumps(FACTS), peak_memory_kb=100)

    monkeypatch.setattr("sandbox.container.run", run)
    return tried


def test_what_a_busy_machine_does_not_tell_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = on_a_machine(monkeypatch, needs_s=20)
    selftest.require_healthy("image")
    assert tried == [8, 16, 32]


def test_what_it_never_tells_makes_nothing_unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_machine(monkeypatch, needs_s=99)
    with pytest.raises(SlowError, match="memory is limited: timeout"):
        selftest.require_healthy("image")
    lines, code = report.check(PYTHON)
    assert ("too slow" in "\n".join(lines), lines[-1].endswith("Try again."), code) == (
        True, True, report.UNAVAILABLE,
    )  # fmt: skip
    assert "FAILED" not in "\n".join(lines)


WEAKER: dict[str, Callable[[dict[str, Any]], object]] = {
    "processes are limited": lambda host: host.pop("PidsLimit"),
    "memory is limited": lambda host: host.update(Memory=GIB, MemorySwap=GIB),
    "by our own profile": lambda host: host.update(SecurityOpt=["no-new-privileges"]),
    "the system is read-only": lambda host: host.update(ReadonlyRootfs=False),
    # With a setting of the container's own network the engine refuses the host's by itself.
    "no network": lambda host: host.update(NetworkMode="host", Sysctls={}),
}


@pytest.mark.docker
@pytest.mark.parametrize(("name", "weaken"), WEAKER.items(), ids=WEAKER)
def test_a_limit_that_is_not_enforced_is_found_in_a_real_container(
    image: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    weaken: Callable[[dict[str, Any]], object],
) -> None:
    weakened(monkeypatch, weaken)
    findings, _ = selftest.examine(image)
    assert [finding.name for finding in findings if not finding.ok] == [name]


@pytest.mark.docker
def test_a_pool_that_fails_its_test_runs_nothing_and_is_asked_again_later(
    image: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = Pool(image, 1, 2, owner="test-unfit", probe=lambda: selftest.require_healthy(image))
    one.start()
    other = Job("print(1)", limits=Limits(memory_bytes=GIB))
    with monkeypatch.context() as weak:
        weakened(weak, WEAKER["the system is read-only"])
        for job in (Job("print(1)"), other):
            result = one.run(job)
            assert (result.status, result.message) == (Status.UNAVAILABLE, UNFIT)
        assert one.state().ready == 0
    assert "the system is read-only: root_read_only False" in caplog.text
    wait_until(one.is_full, 30)
    assert one.run(Job("print(1)")).status is Status.OK
    one.drain()


def weakened(monkeypatch: pytest.MonkeyPatch, weaken: Callable[[dict[str, Any]], object]) -> None:
    """Containers are created with something missing."""
    body = ContainerSpec.body

    def weaker(spec: ContainerSpec) -> dict[str, Any]:
        made = body(spec)
        weaken(made["HostConfig"])
        return made

    monkeypatch.setattr(ContainerSpec, "body", weaker)
