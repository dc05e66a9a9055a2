"""The calls of the engine's API that the sandbox makes: a closed union of frozen facts. Pure.

A client's request becomes one of them or is refused; what the engine is sent is written from the
fact alone. So there is nothing in a request that the engine could read otherwise than we do.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from sandbox.languages import LANGUAGES
from sandbox.spec import (
    APP_LABEL,
    APP_VALUE,
    NAME,
    OWNER,
    OWNER_LABEL,
    ContainerSpec,
    SpecError,
    parse,
    strict_json,
)

# A container that names a later deadline would never be swept.
LONGEST_LIFE_S = 24 * 3600


class Refused(Exception):
    """A request that the engine must not see. Its text says why, as a noun, in our own words."""


@dataclass(frozen=True)
class Version:
    """Which API the engine speaks."""


@dataclass(frozen=True)
class List:
    """Our containers: those of all owners or of one, those that run or all."""

    stopped_too: bool
    owner: str = ""


@dataclass(frozen=True)
class Events:
    """What happens to our containers or to one, between two times in seconds since the epoch."""

    name: str = ""
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class Create:
    spec: ContainerSpec


@dataclass(frozen=True)
class Attach:
    name: str


@dataclass(frozen=True)
class Start:
    name: str


@dataclass(frozen=True)
class Inspect:
    name: str


@dataclass(frozen=True)
class Remove:
    """Kill it, and remove it with its volumes."""

    name: str


# About one container that exists.
About = Attach | Start | Inspect | Remove
Call = Version | List | Events | Create | About


@dataclass(frozen=True)
class Terms:
    """What the gate's operator has decided of containers."""

    images: frozenset[str]

    @classmethod
    def of(cls, image: str) -> "Terms":
        """`image` is the default language's; the others' are named after it."""
        return cls(frozenset(each.image(image) for each in LANGUAGES.values()))


@dataclass(frozen=True)
class Request:
    """What a client has sent, as far as anybody looks at it."""

    method: str
    target: str
    body: bytes = b""
    # Whether it wants the connection to become a stream.
    upgrades: bool = False


# Reading ----------------------------------------------------------------------------------------

_PATH = re.compile(r"(?:/v(?P<api>[1-9][0-9]?\.[0-9]{1,3}))?(?P<rest>/[a-z0-9./-]+)")
_OF_ONE = re.compile(rf"/containers/(?P<name>{NAME.pattern})(?P<deed>/attach|/start|/json|)")
_PARAMETER = re.compile(r"([A-Za-z_]{1,20})=((?:[A-Za-z0-9_.~*+-]|%[0-9A-Fa-f]{2})*)")
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")

# As docker's client writes them; each has to be there, with this value.
_ATTACH = {"stream": "1", "stdin": "1", "stdout": "1", "stderr": "1"}
_REMOVE = {"v": "True", "force": "True", "link": "False"}
# Each may be there, with one of these values.
_LIST = {"all": {"0", "1"}, "limit": {"-1"}, "size": {"0"}, "trunc_cmd": {"0"}}


def read(request: Request, terms: Terms, now: float) -> tuple[Call, str]:
    """The call, and the version of the API that it is for; empty: the engine's own. `now` is in
    seconds since the epoch. Raises Refused."""
    path, mark, query = request.target.partition("?")
    if not (parts := _PATH.fullmatch(path)) or (mark and not query):
        raise Refused("an address that is not ours")
    try:
        call = _call(f"{request.method} {parts['rest']}", _parameters(query), request, terms)
    except SpecError as error:
        raise Refused(str(error)) from None
    if isinstance(call, Create) and call.spec.deadline > now + LONGEST_LIFE_S:
        raise Refused("a container with another deadline")
    if request.body and not isinstance(call, Create):
        raise Refused("a body where none belongs")
    if isinstance(call, Attach) and not request.upgrades:
        raise Refused("an attachment that is no stream")
    return call, parts["api"] or ""


def _call(what: str, query: dict[str, str], request: Request, terms: Terms) -> Call:
    match what:
        case "GET /version":
            _only(query)
            return Version()
        case "GET /containers/json":
            return _list(query)
        case "GET /events":
            return _events(query)
        case "POST /containers/create":
            return _create(query, request.body, terms)
        case _:
            return _about(what, query)


def _about(what: str, query: dict[str, str]) -> Call:
    method, _, path = what.partition(" ")
    if not (one := _OF_ONE.fullmatch(path)):
        raise Refused("nothing that the sandbox needs")
    name, expected = one["name"], {}
    call: Call
    match method, one["deed"]:
        case "POST", "/attach":
            call, expected = Attach(name), _ATTACH
        case "POST", "/start":
            call = Start(name)
        case "GET", "/json":
            call = Inspect(name)
        case "DELETE", "":
            call, expected = Remove(name), _REMOVE
        case _:
            raise Refused("nothing that the sandbox needs")
    if query != expected:
        raise Refused("other parameters")
    return call


def _create(query: dict[str, str], body: bytes, terms: Terms) -> Create:
    name = query.pop("name", "")
    _only(query)
    if not NAME.fullmatch(name):
        raise Refused("a container with another name")
    spec = parse(name, body)
    if spec.image not in terms.images:
        raise Refused("a container with another image")
    return Create(spec)


def _list(query: dict[str, str]) -> List:
    filters = _filters(query.pop("filters", "{}"))
    owner = _owner(filters.pop("label", []))
    stopped_too = query.get("all") == "1"
    _only(query, _LIST)
    _only(filters)
    return List(stopped_too, owner)


def _events(query: dict[str, str]) -> Events:
    filters = _filters(query.pop("filters", "{}"))
    times = {part: query.pop(part) for part in ("since", "until") if part in query}
    if not all(map(_SECONDS.fullmatch, times.values())):
        raise Refused("other times")
    names = filters.pop("container", [])
    if len(names) > 1 or not all(map(NAME.fullmatch, names)):
        raise Refused("the events of other containers")
    if _owner(filters.pop("label", [])):
        raise Refused("other parameters")
    _only(query)
    _only(filters)
    return Events("".join(names), **{part: int(text) for part, text in times.items()})


def _owner(labels: list[str]) -> str:
    """Whose containers these labels ask for; empty: everybody's."""
    owners = [label for label in labels if label not in (APP_LABEL, f"{APP_LABEL}={APP_VALUE}")]
    label, _, owner = "".join(owners).partition("=")
    if not owners:
        return ""
    if len(owners) > 1 or label != OWNER_LABEL or not OWNER.fullmatch(owner):
        raise Refused("the containers of others")
    return owner


def _filters(text: str) -> dict[str, list[str]]:
    found = strict_json(text)
    if not isinstance(found, dict) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values)
        for values in found.values()
    ):
        raise Refused("other filters")
    return found


def _parameters(query: str) -> dict[str, str]:
    """Raises Refused unless each is written plainly and comes once."""
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        if not (pair := _PARAMETER.fullmatch(part)) or pair[1] in found:
            raise Refused("other parameters")
        try:
            found[pair[1]] = unquote_to_bytes(pair[2].replace("+", " ")).decode()
        except UnicodeDecodeError:
            raise Refused("other parameters") from None
    return found


def _only(found: Mapping[str, object], allowed: Mapping[str, set[str]] | None = None) -> None:
    allowed = allowed or {}
    if any(value not in allowed.get(part, ()) for part, value in found.items()):
        raise Refused("other parameters")


# Writing ----------------------------------------------------------------------------------------

VERSION = "/version"


def inspection(api: str, name: str) -> str:
    """The target that asks the engine for one container."""
    return f"/v{api}/containers/{name}/json"


def written(call: List | Events | Create, api: str) -> Request:
    """What the engine is asked in version `api` of its API."""
    match call:
        case List(stopped_too, owner):
            labels = [f"{APP_LABEL}={APP_VALUE}"] + ([f"{OWNER_LABEL}={owner}"] if owner else [])
            query = f"all={int(stopped_too)}&filters={_quoted({'label': labels})}"
            return Request("GET", f"/v{api}/containers/json?{query}")
        case Events(name, since, until):
            filters = {"type": ["container"], "label": [f"{APP_LABEL}={APP_VALUE}"]}
            filters |= {"container": [name]} if name else {}
            times = "".join(
                f"&{part}={time}"
                for part, time in (("since", since), ("until", until))
                if time is not None
            )
            return Request("GET", f"/v{api}/events?filters={_quoted(filters)}{times}")
        case Create(spec):
            body = json.dumps(spec.body()).encode()
            return Request("POST", f"/v{api}/containers/create?name={spec.name}", body)


def written_about(call: Attach | Start | Remove, api: str, container_id: str) -> Request:
    """The same about a container that exists: the very one that was looked at, whatever has its
    name by now."""
    path = f"/v{api}/containers/{container_id}"
    match call:
        case Attach():
            query = "&".join(f"{part}={value}" for part, value in _ATTACH.items())
            return Request("POST", f"{path}/attach?{query}", upgrades=True)
        case Start():
            return Request("POST", f"{path}/start")
        case Remove():
            return Request("DELETE", f"{path}?v=1&force=1")


def _quoted(filters: dict[str, list[str]]) -> str:
    return quote(json.dumps(filters), safe="")
