"""Which requests are calls of ours, and what the engine is sent for them. Pure."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.gate.calls import (
    LONGEST_LIFE_S,
    Attach,
    Call,
    Create,
    Events,
    Inspect,
    List,
    Refused,
    Remove,
    Request,
    Start,
    Terms,
    Version,
    read,
    written,
    written_about,
)

from .bodies import NAME, SPEC

TERMS = Terms.of("tutor-sandbox")
NOW = SPEC.deadline - 60.0
BODY = json.dumps(SPEC.body()).encode()
ATTACH = f"/containers/{NAME}/attach?stream=1&stdin=1&stdout=1&stderr=1"
REMOVE = f"/containers/{NAME}?v=True&link=False&force=True"
CREATE = f"/containers/create?name={NAME}"


def call(method: str, target: str, body: bytes = b"", terms: Terms = TERMS) -> Call:
    return read(Request(method, target, body, upgrades="/attach" in target), terms, NOW)[0]


def refused(method: str, target: str, body: bytes = b"") -> bool:
    try:
        call(method, target, body)
    except Refused:
        return True
    return False


def listed(**filters: object) -> str:
    query = {"limit": -1, "all": 1, "size": 0, "trunc_cmd": 0, "filters": json.dumps(filters)}
    return f"/v1.41/containers/json?{urlencode(query)}"


def told(**filters: object) -> str:
    return f"/events?{urlencode({'since': 0, 'until': 9, 'filters': json.dumps(filters)})}"


OUR_CALLS: list[tuple[str, str, bytes, Call]] = [
    ("GET", "/version", b"", Version()),
    ("GET", "/v1.41/version", b"", Version()),
    ("GET", "/containers/json", b"", List(stopped_too=False)),
    ("GET", "/containers/json?all=1", b"", List(stopped_too=True)),
    ("GET", listed(), b"", List(stopped_too=True)),
    ("GET", listed(label=["tutor.sandbox"]), b"", List(stopped_too=True)),
    ("GET", listed(label=["tutor.sandbox.owner=a-1"]), b"", List(True, "a-1")),
    ("GET", "/events", b"", Events()),
    ("GET", told(container=[NAME]), b"", Events(NAME, 0, 9)),
    ("POST", CREATE, BODY, Create(SPEC)),
    ("POST", ATTACH, b"", Attach(NAME)),
    ("POST", f"/containers/{NAME}/start", b"", Start(NAME)),
    ("GET", f"/containers/{NAME}/json", b"", Inspect(NAME)),
    ("DELETE", REMOVE, b"", Remove(NAME)),
]


@pytest.mark.parametrize(("method", "target", "body", "expected"), OUR_CALLS, ids=str)
def test_our_own_calls_are_understood(
    method: str, target: str, body: bytes, expected: Call
) -> None:
    assert call(method, target, body) == expected


@pytest.mark.parametrize(("method", "target", "body"), [each[:3] for each in OUR_CALLS], ids=str)
def test_the_same_with_anything_more_or_written_otherwise_is_refused(
    method: str, target: str, body: bytes
) -> None:
    path, _, query = target.partition("?")
    rest = f"?{query}" if query else ""
    for other in (
        f"{target}#", f"{target}#x", f"#{target}", f"{path}/{rest}", f"/{path}{rest}",
        f"{path.replace('/', '//')}{rest}", f"http://engine{target}", f"//engine{target}",
        f"{path}/.{rest}", f"/x/..{path}{rest}", f"/.{path}{rest}", f"{path};a{rest}",
        f"{path.upper()}{rest}", f"{path[:-1]}%{ord(path[-1]):02x}{rest}", f"{path}%00{rest}",
        f"{path}%2f{rest}", f"{path}\\{rest}", f"/v1.41/v1.41{path}{rest}", f"/v1{path}{rest}",
        f"/v{path}{rest}", f"/v01.41{path}{rest}", f"/v1.41/{path}{rest}", f"/V1.41{path}{rest}",
        path[1:] + rest, f"{path} {rest}", f"{path}\t{rest}", f"{path}\n{rest}", f"{target}\n",
        f"{path}{rest or '?'}&", f"{path}?&{query}", f"{path}?x=1&{query}", f"{path}??{query}",
        f"{path}?{query};x=1", f"{path}?{query}&x", f"{path}?{query}&=",
        f"{path}?{query}&platform=", f"{path}?{query}&x=%ff", f"{path}?{query}&x=%zz",
        f"{path}?{query}&detachKeys=a",
    ):  # fmt: skip
        assert refused(method, other, body), other
    for changed in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get", "CONNECT"} - {method}:
        assert refused(changed, target, body)
    assert refused(method, target, body + b"x")


@pytest.mark.parametrize("target", [each[1] for each in OUR_CALLS if "?" in each[1]], ids=str)
def test_no_parameter_comes_twice_or_in_other_letters(target: str) -> None:
    method, _, body, _ = next(each for each in OUR_CALLS if each[1] == target)
    path, _, query = target.partition("?")
    for part in query.split("&"):
        name, _, value = part.partition("=")
        for twice in (f"{name}=", part, f"{name}=x", f"{name}=0"):
            assert refused(method, f"{path}?{twice}&{query}", body)
            assert refused(method, f"{path}?{query}&{twice}", body)
        for other in (name.upper(), name.title(), f"%{ord(name[0]):02x}{name[1:]}", f"{name}[]"):
            assert refused(method, target.replace(f"{name}=", f"{other}=", 1), body)
        # White space around JSON means nothing to anybody.
        blank = () if name == "filters" else (f"{value}+", f"+{value}", f"{value}%0a")
        for odd in (
            f"{value}%00",
            f"{value}%0b",
            f"{value}%2c{value}",
            f"{value}{{}}",
            "*",
            *blank,
        ):
            assert refused(method, target.replace(part, f"{name}={odd}", 1), body)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", ""), ("GET", "/"), ("OPTIONS", "*"), ("GET", "/info"), ("GET", "/_ping"),
        ("GET", "/images/json"), ("POST", "/images/create?fromImage=x"), ("POST", "/build"),
        ("POST", "/v1.41/swarm/init"), ("POST", "/volumes/create"), ("POST", "/commit"),
        ("GET", "/containers/somebody/json"), ("POST", "/containers/somebody/start"),
        ("DELETE", "/containers/somebody?v=True&link=False&force=True"),
        ("DELETE", f"/containers/{NAME}"), ("DELETE", f"/containers/{NAME}?force=1"),
        ("DELETE", f"/containers/{NAME}?v=True&link=True&force=True"),
        ("POST", f"/containers/{NAME}/exec"), ("POST", f"/containers/{NAME}/update"),
        ("POST", f"/containers/{NAME}/rename?name=x"), ("POST", f"/containers/{NAME}/kill"),
        ("PUT", f"/containers/{NAME}/archive?path=/"), ("GET", f"/containers/{NAME}/archive"),
        ("GET", f"/containers/{NAME}/logs"), ("GET", f"/containers/{NAME}/top"),
        ("GET", f"/containers/{NAME}/export"), ("GET", f"/containers/{NAME}/attach/ws"),
        ("GET", f"/containers/{NAME}/json?size=1"), ("POST", f"/containers/{NAME}/start?x=1"),
        ("POST", f"/containers/{NAME}/attach?stream=1"), ("POST", f"/containers/{NAME}/attach"),
        ("POST", ATTACH + "&logs=1"), ("POST", f"/containers/{NAME}0/start"),
        ("POST", f"/containers/{NAME[:-1]}/start"), ("POST", f"/containers/x{NAME}/start"),
        ("POST", f"/containers/{NAME}/../somebody/start"), ("POST", "/containers/create"),
        ("GET", "/containers/json/../../images/json"), ("GET", "/containers/json?all=2"),
        ("GET", "/containers/json?since=somebody"), ("GET", "/containers/json?size=1"),
        ("GET", "/events?since=x"), ("GET", "/events?since=-1"), ("GET", "/events?until=1e3"),
        ("GET", "/events?until="), ("POST", "/containers/create?name=x"), ("GET", "/version?x=1"),
        ("POST", f"/containers/create?name={NAME}0"), ("POST", f"/containers/create?name=/{NAME}"),
    ],
)  # fmt: skip
def test_any_other_call_is_refused(method: str, target: str) -> None:
    assert refused(method, target, BODY if "create" in target else b"")


@pytest.mark.parametrize(
    "filters",
    [
        '{"label":["tutor.sandbox"],"label":[]}', '{"Label":["x"]}', '{"name":["x"]}',
        '{"label":["other"]}', '{"label":["tutor.sandbox!=run"]}', '{"label":["tutor.sandbox=x"]}',
        '{"label":{"tutor.sandbox":true}}', '{"label":"tutor.sandbox"}', '{"label":[1]}', "[]",
        '{"label":["tutor.sandbox.owner"]}', '{"label":["tutor.sandbox.owner=a b"]}', "", "null",
        '{"label":["tutor.sandbox.owner=a","tutor.sandbox.owner=b"]}', '{"type":["image"]}',
        '{"label!":["x"]}', '{"id":["x"]}', '{"ancestor":["x"]}', '{"container":["somebody"]}',
        f'{{"container":["{NAME}","{NAME}"]}}', '{"volume":["x"]}', '{"event":["die"]}',
    ],
)  # fmt: skip
def test_other_filters_are_refused(filters: str) -> None:
    query = urlencode({"filters": filters})
    assert refused("GET", f"/containers/json?{query}")
    assert refused("GET", f"/events?{query}")


def asked(call: List | Events | Create) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(written(call, "1.41").target)
    return parts.path, parse_qs(parts.query, strict_parsing=True)


@pytest.mark.parametrize("call", [List(True), List(False), List(True, "a"), Events(), Events(NAME)])
def test_lists_and_events_are_of_our_containers_whatever_was_asked(call: List | Events) -> None:
    _, query = asked(call)
    (filters,) = query["filters"]
    assert "tutor.sandbox=run" in json.loads(filters)["label"]


def test_the_engine_is_sent_our_words_only() -> None:
    sent = written(Create(SPEC), "1.41")
    assert (sent.method, sent.target) == ("POST", f"/v1.41/containers/create?name={NAME}")
    assert json.loads(sent.body) == SPEC.body()
    assert asked(List(True, "a"))[1]["all"] == ["1"]
    path, query = asked(Events(NAME, 0, 9))
    assert (path, query["since"], query["until"]) == ("/v1.41/events", ["0"], ["9"])
    assert json.loads(query["filters"][0])["container"] == [NAME]
    found = "f" * 64
    assert written_about(Start(NAME), "1.41", found) == Request(
        "POST", f"/v1.41/containers/{found}/start"
    )
    assert written_about(Remove(NAME), "1.41", found).target.endswith(f"{found}?v=1&force=1")
    assert written_about(Attach(NAME), "1.41", found).upgrades


def test_image_and_deadline_are_the_operators() -> None:
    for spec in (replace(SPEC, image="tutor-sandbox-plots"), replace(SPEC, deadline=int(NOW))):
        assert call("POST", CREATE, json.dumps(spec.body()).encode()) == Create(spec)
    for spec in (
        replace(SPEC, image="debian"),
        replace(SPEC, image="tutor-sandbox:old"),
        replace(SPEC, deadline=int(NOW) + LONGEST_LIFE_S + 1),
    ):
        assert refused("POST", CREATE, json.dumps(spec.body()).encode())


def test_an_attachment_is_a_stream() -> None:
    with pytest.raises(Refused, match="no stream"):
        read(Request("POST", ATTACH), TERMS, NOW)


def test_the_version_that_was_asked_for_is_told() -> None:
    assert read(Request("GET", "/v1.24/containers/json"), TERMS, NOW)[1] == "1.24"
    assert read(Request("GET", "/containers/json"), TERMS, NOW)[1] == ""
