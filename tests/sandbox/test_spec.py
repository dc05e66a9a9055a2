"""A container of ours is described in one way, and nothing else describes one. Pure."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.inside.wire import PROGRAM_DIR as SCRATCH_DIR
from sandbox.spec import SCRATCH, ContainerSpec, SpecError, parse

from .bodies import NAME, SPEC, Pairs, at, objects, other_cases, text, tree

OURS = tree(SPEC.body())
OBJECTS = [path for path, _ in objects(OURS)]
KEYS = [(path, key) for path, each in objects(OURS) for key, _ in each.pairs]
FALSY: list[Any] = [None, False, 0, "", [], Pairs([])]
# What each kind of value could be taken for, or turn into.
ODD: list[Any] = [*FALSY, True, 1, -1, 2**63, 2**64, "1", "none", "host", [None], ["ALL"],
                  Pairs([("", None)]), "\0", "\ud800", ["seccomp=unconfined"]]  # fmt: skip


def refused(made: Any) -> bool:
    raw = made if isinstance(made, bytes) else text(made).encode()
    try:
        parse(NAME, raw)
    except SpecError:
        return True
    return False


def fresh() -> Any:
    return tree(SPEC.body())


def test_our_own_description_is_read_back() -> None:
    assert parse(NAME, json.dumps(SPEC.body()).encode()) == SPEC
    assert parse(NAME, json.dumps(SPEC.body(), indent=2, sort_keys=True).encode()) == SPEC


@given(
    uid=st.integers(20000, 20255),
    memory=st.integers(1, 2**30),
    processes=st.integers(1, 256),
    owner=st.from_regex(r"\A[A-Za-z0-9_.-]{1,160}\Z"),
    deadline=st.integers(0, 10**12 - 1),
)
def test_whatever_the_parts_are_they_are_read_back(
    uid: int, memory: int, processes: int, owner: str, deadline: int
) -> None:
    spec = ContainerSpec(NAME, "tutor-sandbox", uid, memory, processes, owner, deadline)
    assert parse(NAME, json.dumps(spec.body()).encode()) == spec


@pytest.mark.parametrize(("path", "key"), KEYS, ids=str)
def test_a_key_twice_is_refused_at_any_depth_whatever_its_values(
    path: tuple[str, ...], key: str
) -> None:
    for other in [*FALSY, True, dict(at(OURS, path).pairs)[key]]:
        for place in (0, None):
            made = fresh()
            pairs = at(made, path).pairs
            pairs.insert(len(pairs) if place is None else place, (key, other))
            assert refused(made)


@pytest.mark.parametrize(("path", "key"), KEYS, ids=str)
def test_another_letter_case_is_refused_beside_the_key_or_instead_of_it(
    path: tuple[str, ...], key: str
) -> None:
    for other in other_cases(key):
        for value in [*FALSY, dict(at(OURS, path).pairs)[key]]:
            beside, instead = fresh(), fresh()
            at(beside, path).pairs.append((other, value))
            pairs = at(instead, path).pairs
            pairs[:] = [(other, value) if each == key else (each, old) for each, old in pairs]
            assert refused(beside)
            assert refused(instead)


@pytest.mark.parametrize("path", OBJECTS, ids=str)
@pytest.mark.parametrize("value", [*FALSY, True], ids=str)
def test_any_other_key_is_refused_at_any_depth_however_empty(
    path: tuple[str, ...], value: Any
) -> None:
    for key in ("Binds", "Privileged", "Entrypoint", "Runtime", "Platform", "", "\0", "\ud800"):
        made = fresh()
        at(made, path).pairs.append((key, value))
        assert refused(made)


@pytest.mark.parametrize(("path", "key"), KEYS, ids=str)
def test_no_key_may_be_missing_or_have_another_value(path: tuple[str, ...], key: str) -> None:
    missing = fresh()
    at(missing, path).pairs[:] = [each for each in at(missing, path).pairs if each[0] != key]
    assert refused(missing)
    for odd in ODD:
        made = fresh()
        pairs = at(made, path).pairs
        pairs[:] = [(each, odd if each == key else old) for each, old in pairs]
        if text(made) != text(OURS):
            try:
                spec = parse(NAME, text(made).encode())
            except SpecError:
                continue
            # One of the few parts that may differ, and it is what was asked for.
            assert text(tree(spec.body())) == text(made)


@pytest.mark.parametrize(
    "change",
    [
        {"Memory": True}, {"Memory": 268435456.0}, {"Memory": "268435456"}, {"Memory": 2**30 + 1},
        {"Memory": 512 * 2**20}, {"MemorySwap": -1}, {"PidsLimit": 0}, {"PidsLimit": -1},
        {"PidsLimit": 257}, {"NanoCpus": 0}, {"ReadonlyRootfs": 1}, {"AutoRemove": 1},
        {"ShmSize": 2**40}, {"CapDrop": []}, {"CapDrop": ["all"]}, {"SecurityOpt": []},
        {"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}, {"NetworkMode": "host"},
        {"NetworkMode": ""}, {"IpcMode": "host"}, {"Tmpfs": {}}, {"Ulimits": []},
        {"Tmpfs": {SCRATCH_DIR: "rw"}}, {"Tmpfs": {SCRATCH_DIR: SCRATCH, "/x": ""}},
        {"Runtime": "runsc"}, {"Runtime": ""},
        {"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "tcp://192.0.2.1:1"}}},
        {"LogConfig": {"Type": "none", "Config": {"max-size": "1"}}}, {"Binds": ["/:/host"]},
        {"Ulimits": [{"Name": "nofile", "Soft": 10**6, "Hard": 10**6}]}, {"Privileged": True},
        {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/host"}]}, {"PidMode": "host"},
        {"Devices": [{}]}, {"CapAdd": ["SYS_ADMIN"]}, {"GroupAdd": ["0"]}, {"Init": True},
    ],
    ids=str,
)  # fmt: skip
def test_the_host_is_given_to_nobody(change: dict[str, Any]) -> None:
    made = SPEC.body()
    made["HostConfig"].update(change)
    assert refused(json.dumps(made).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"User": "0:0"}, {"User": "20001"}, {"User": "20001:0"}, {"User": "020001:020001"},
        {"User": "20256:20256"}, {"User": "20001:20001\n"}, {"User": "٢٠٠٠١:٢٠٠٠١"}, {"User": 1},
        {"Image": ""}, {"Image": "x y"}, {"Image": None}, {"Env": []}, {"Env": ["LD_PRELOAD=/x"]},
        {"Cmd": ["sh"]}, {"Cmd": None}, {"Entrypoint": ["sh"]}, {"Volumes": {"/x": {}}},
        {"Labels": {}}, {"Labels": None}, {"HostConfig": None}, {"HostConfig": []}, {"Tty": True},
        {"OpenStdin": False}, {"Hostname": "x"}, {"Healthcheck": {"Test": ["CMD", "sh"]}},
        {"NetworkingConfig": {"EndpointsConfig": {}}}, {"WorkingDir": "/"}, {"StopSignal": "9"},
    ],
    ids=str,
)  # fmt: skip
def test_nothing_else_about_it_is_anybodys_choice(change: dict[str, Any]) -> None:
    assert refused(json.dumps(SPEC.body() | change).encode())


@pytest.mark.parametrize(
    "labels",
    [
        {"tutor.sandbox": "other"}, {"tutor.sandbox.owner": ""}, {"tutor.sandbox.owner": "a b"},
        {"tutor.sandbox.owner": "x" * 161}, {"tutor.sandbox.owner": "a\n"}, {"more": ""},
        {"tutor.sandbox.deadline": ""}, {"tutor.sandbox.deadline": "01"},
        {"tutor.sandbox.deadline": "-1"}, {"tutor.sandbox.deadline": "1e9"},
        {"tutor.sandbox.deadline": "inf"}, {"tutor.sandbox.deadline": 1},
        {"tutor.sandbox.deadline": "9" * 13}, {"tutor.sandbox.deadline": "١"},
    ],
    ids=str,
)  # fmt: skip
def test_labels_are_ours_and_plain(labels: dict[str, Any]) -> None:
    made = SPEC.body()
    made["Labels"].update(labels)
    assert refused(json.dumps(made).encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b"1", b'""', b"{}", b"[" * 60_000, b'{"a":' * 10_000, b"\xff",
        text(OURS).encode("utf-16"), b"\xef\xbb\xbf" + text(OURS).encode(),
        text(OURS).encode() + b"{}", text(OURS).encode() + b"\0",
        text(OURS).replace("268435456", "NaN").encode(),
        text(OURS).replace("268435456", "268435456.0").encode(),
        text(OURS).replace("268435456", "2.68435456e8").encode(),
        text(OURS).replace("268435456", "Infinity").encode(),
        text(OURS).replace("268435456", "1" * 5000).encode(),
        text(OURS).replace('"sandbox"', '"sand\\u0000box"').encode(),
        text(OURS).replace('"sandbox"', '"\\ud800"').encode(),
        text(OURS).replace('"sandbox"', '"').encode(),
        text(OURS).encode().replace(b"host-1", b"host-\xc3"),
    ],
    ids=range(22),
)  # fmt: skip
def test_text_that_two_readers_take_differently_is_refused(raw: bytes) -> None:
    assert refused(raw)


@pytest.mark.parametrize(
    "part",
    [
        {"name": "x"}, {"name": NAME + "0"}, {"name": NAME.upper()}, {"name": NAME + "\n"},
        {"uid": 0}, {"uid": True}, {"memory_bytes": 0}, {"memory_bytes": 2**30 + 1},
        {"memory_bytes": 1e6}, {"processes": 0}, {"processes": 257}, {"processes": True},
        {"owner": "a,b"}, {"owner": ""}, {"deadline": -1}, {"deadline": 1.5},
        {"image": "a\tb"}, {"image": ""},
    ],
    ids=str,
)  # fmt: skip
def test_no_object_exists_outside_of_its_bounds(part: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="a container with another"):
        replace(SPEC, **part)


def test_what_is_wrong_is_named() -> None:
    made = SPEC.body()
    made["HostConfig"]["LogConfig"]["Type"] = "syslog"
    with pytest.raises(SpecError, match=r"another HostConfig\.LogConfig\.Type$"):
        parse(NAME, json.dumps(made).encode())
