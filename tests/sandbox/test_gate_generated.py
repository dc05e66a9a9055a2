"""Generated requests through the gate to a real engine.

Whatever the gate lets through: a container that comes of it is, as the engine itself describes it,
what the sandbox makes, and no answer speaks of a container that is not the sandbox's. Between gate
and engine somebody listens, so that no container can come of it unseen.
"""

import json
import random
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import container
from sandbox.job import GIB, Limits
from sandbox.languages import LANGUAGES
from sandbox.spec import APP_LABEL, DEADLINE_LABEL, OWNER_LABEL, ContainerSpec
from sandbox.uid import UIDS

from .bodies import Pairs, objects, other_cases, text, tree
from .gates import ENGINE, opened, raw, request, served

pytestmark = pytest.mark.docker

OWNER = f"test-{uuid.uuid4().hex}"
# In the host name, environment and labels of containers that are not ours.
CANARY = f"canary{uuid.uuid4().hex[:12]}"
CREATED = re.compile(rb'"Id":"([0-9a-f]{64})"')


@dataclass
class Listener:
    """Stands between gate and engine, passes everything on, and notes each container that the
    engine says it has created."""

    created: list[str] = field(default_factory=list)

    def __call__(self, client: socket.socket) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(ENGINE)
            back = threading.Thread(target=self._back, args=(engine, client))
            back.start()
            with suppress(OSError):
                while data := client.recv(65_536):
                    engine.sendall(data)
            with suppress(OSError):
                engine.shutdown(socket.SHUT_RDWR)
            back.join()

    def _back(self, engine: socket.socket, client: socket.socket) -> None:
        """A container is noted before its maker hears of it."""
        answered = b""
        with suppress(OSError):
            while data := engine.recv(65_536):
                answered = (answered + data)[-65_536:]
                if b"HTTP/1.1 201 " in answered and (found := CREATED.search(answered)):
                    self.created.append(found[1].decode())
                    answered = b""
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@dataclass
class Site:
    """A gate with its listener, the engine itself, and what is on it."""

    gate: Path
    listener: Listener
    engine: docker.APIClient
    image: str
    # As the engine describes a container that the sandbox has made.
    made: dict[str, Any] = field(repr=False)
    foreign: dict[str, str] = field(repr=False)
    impostor: dict[str, str] = field(repr=False)


@pytest.fixture(scope="module")
def site(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, listener = tmp_path_factory.mktemp("gate"), Listener()
    between = folder / "between.sock"
    with (
        served(between, listener),
        opened(folder, image, str(between)) as gate,
        closing(docker.APIClient(f"unix://{ENGINE}", version="auto")) as engine,
        stranger(engine, image, f"{CANARY}-name") as foreign,
        stranger(engine, image, f"{APP_LABEL}-{uuid.uuid4().hex}") as impostor,
    ):
        ours = container.start(engine, image, Limits(), owner=OWNER)
        made = engine.inspect_container(ours.name)
        container.remove(engine, ours)
        yield Site(gate, listener, engine, image, made, foreign, impostor)


@contextmanager
def stranger(engine: docker.APIClient, image: str, name: str) -> Iterator[dict[str, str]]:
    created = engine.create_container(
        image, name=name, hostname=CANARY, environment={"X": CANARY}, labels={CANARY: CANARY}
    )
    try:
        yield {"name": name, "id": created["Id"]}
    finally:
        engine.remove_container(created["Id"], force=True)


# What is compared


# What belongs to one container: its names, ids and times, where its files are, how it is doing.
OWN = {
    "Id", "Name", "Created", "State", "Args", "Path", "GraphDriver", "ResolvConfPath",
    "HostnamePath", "HostsPath", "LogPath", "NetworkSettings", "Image",
}  # fmt: skip


def likeness(inspected: dict[str, Any]) -> dict[str, Any]:
    """All of it in which containers of ours do not differ."""
    config, host = dict(inspected["Config"]), dict(inspected["HostConfig"])
    labels = dict(config["Labels"])
    for part in (OWNER_LABEL, DEADLINE_LABEL):
        labels.pop(part)
    for part in ("User", "Image"):
        config.pop(part)
    for part in ("Memory", "MemorySwap", "PidsLimit"):
        host.pop(part)
    rest = {part: value for part, value in inspected.items() if part not in OWN}
    return rest | {
        "Config": config | {"Labels": labels},
        "HostConfig": host,
        "Command": [inspected["Path"], *inspected["Args"]],
        "Networks": sorted(inspected["NetworkSettings"]["Networks"]) or ["none"],
        "Data": sorted(inspected["GraphDriver"]),
    }


def assert_ours(inspected: dict[str, Any], site: Site) -> None:
    assert likeness(inspected) == likeness(site.made)
    config, host = inspected["Config"], inspected["HostConfig"]
    uid, _, gid = config["User"].partition(":")
    assert uid == gid
    assert int(uid) in UIDS
    assert config["Image"] in {each.image(site.image) for each in LANGUAGES.values()}
    assert 0 < host["Memory"] == host["MemorySwap"] <= GIB
    assert 0 < host["PidsLimit"] <= 256
    assert float(config["Labels"][DEADLINE_LABEL]) < time.time() + 25 * 3600
    assert re.fullmatch(rf"/{re.escape(APP_LABEL)}-[0-9a-f]{{32}}", inspected["Name"])


# What is sent


# Settings that a container of ours does not have, as an attacker would like them, or empty.
WANTED: list[tuple[str, Any]] = [
    ("Binds", ["/:/host"]), ("Privileged", True), ("GroupAdd", ["0"]), ("CapAdd", ["ALL"]),
    ("PidMode", "host"), ("NetworkMode", "host"), ("NetworkMode", ""), ("UsernsMode", "host"),
    ("ReadonlyRootfs", False), ("Memory", 0), ("MemorySwap", 0), ("MemorySwap", -1), ("ShmSize", 0),
    ("ShmSize", 2**30), ("PidsLimit", 0), ("PidsLimit", -1), ("CapDrop", []), ("SecurityOpt", []),
    ("SecurityOpt", ["seccomp=unconfined"]), ("NanoCpus", 0), ("AutoRemove", False),
    ("Ulimits", []),
    ("LogConfig", {"Type": "syslog", "Config": {"syslog-address": "udp://127.0.0.1:9"}}),
    ("LogConfig", {}), ("Tmpfs", {"/x": "exec"}), ("Tmpfs", {}), ("IpcMode", "host"),
    ("Init", True),
    ("Runtime", ""), ("OomScoreAdj", -1000), ("OomKillDisable", True), ("ReadonlyPaths", []),
    ("MaskedPaths", []), ("ExtraHosts", ["a:1.2.3.4"]), ("RestartPolicy", {"Name": "always"}),
    ("Env", ["LD_PRELOAD=/x"]), ("Env", []), ("Entrypoint", ["sh"]), ("Cmd", ["sh"]),
    ("User", "0:0"),
    ("User", ""), ("Volumes", {"/x": {}}), ("WorkingDir", "/"), ("Labels", {}), ("Tty", True),
    ("Image", "tutor-sandbox-base"), ("HostConfig", {"Binds": ["/:/host"], "Privileged": True}),
    ("HostConfig", {"readonlyrootfs": False, "memory": 0}), ("Healthcheck", {"Test": ["CMD", "x"]}),
    ("Hostname", "host"), ("NetworkDisabled", False), ("StdinOnce", False), ("StopSignal", "KILL"),
]  # fmt: skip

Change = Callable[[Any, random.Random], None]


def a_wanted(made: Any, chance: random.Random) -> None:
    """A setting more, or once more, in these letters or others, first or last, in any object."""
    key, value = chance.choice(WANTED)
    key = chance.choice([key, key, *other_cases(key)])
    everywhere = [each for _, each in objects(made)]
    pairs = chance.choice([everywhere[0], everywhere[-1], *everywhere]).pairs
    host = next((each for name, each in made.pairs if name == "HostConfig"), None)
    if isinstance(host, Pairs) and chance.random() < 0.6:
        pairs = host.pairs
    pairs.insert(chance.choice([0, len(pairs)]), (key, tree(value)))


def a_copy(made: Any, chance: random.Random) -> None:
    """A key of ours once more, with its value or an empty one, in these letters or others."""
    pairs = chance.choice([each.pairs for _, each in objects(made) if each.pairs])
    key, value = chance.choice(pairs)
    value = chance.choice([value, None, False, 0, "", [], Pairs([])])
    pairs.insert(chance.randint(0, len(pairs)), (chance.choice([key, *other_cases(key)]), value))


def a_replacement(made: Any, chance: random.Random) -> None:
    """A value that is another one, or none."""
    pairs = chance.choice([each.pairs for _, each in objects(made) if each.pairs])
    place = chance.randrange(len(pairs))
    key, value = pairs[place]
    wanted = [other for name, other in WANTED if name == key]
    pairs[place] = (key, tree(chance.choice([*wanted, None, False, 0, "", [], 1, [value]])))


def a_loss(made: Any, chance: random.Random) -> None:
    pairs = chance.choice([each.pairs for _, each in objects(made) if each.pairs])
    pairs.pop(chance.randrange(len(pairs)))


def an_order(made: Any, chance: random.Random) -> None:
    """Another order of keys, which means nothing."""
    for _, each in objects(made):
        chance.shuffle(each.pairs)


CHANGES: list[Change] = [a_wanted, a_wanted, a_copy, a_replacement, a_loss, an_order]


def spec_of(site: Site, name: str, chance: random.Random) -> ContainerSpec:
    return ContainerSpec(
        name=name,
        image=site.image,
        uid=chance.choice(UIDS),
        memory_bytes=chance.choice([64, 256, 512, 1024]) * 2**20,
        processes=chance.choice([16, 64, 256]),
        owner=OWNER,
        deadline=int(time.time()) + 600,
    )


def create(site: Site, chance: random.Random, changes: list[Change]) -> bytes:
    """The creation of a container of ours, with what was done to its description."""
    name = f"{APP_LABEL}-{uuid.uuid4().hex}"
    made = tree(spec_of(site, name, chance).body())
    for change in changes:
        change(made, chance)
    query = f"name={name}"
    if chance.random() < 0.1:
        query = chance.choice(
            [f"name=&{query}", f"{query}&name=", f"{query}&name=x", f"Name=x&{query}", "",
             f"{query}&platform=", f"{query}#", f"{query};name=x", f"{query}%00", f"name=/{name}"]
        )  # fmt: skip
    return request("POST", f"{prefix(chance)}/containers/create?{query}", text(made).encode())


def prefix(chance: random.Random) -> str:
    odd = ["/v1.24", "/v1.18", "//", "/v1.41/.", "/V1.41"]
    return chance.choice(odd) if chance.random() < 0.1 else chance.choice(["", "/v1.41"])


def question(site: Site, chance: random.Random, _: list[Change]) -> bytes:
    """About containers: all, ours, others, one that looks like ours."""
    name = chance.choice(
        [site.foreign["name"], site.foreign["id"], site.impostor["name"], site.impostor["id"],
         site.foreign["id"][:12], f"{site.impostor['name']}/../{site.foreign['name']}"]
    )  # fmt: skip
    filters = chance.choice(
        [{}, {"label": [CANARY]}, {"label": []}, {"name": [name]}, {"id": [name]},
         {"label": [APP_LABEL]}, {"container": [name]}, {"label": {APP_LABEL: True}},
         {"label": [f"{OWNER_LABEL}={OWNER}"]}]
    )  # fmt: skip
    asked = json.dumps(filters).replace(" ", "").replace('"', "%22").replace("{", "%7B")
    asked = asked.replace("}", "%7D").replace("[", "%5B").replace("]", "%5D").replace(":", "%3A")
    times = f"since=0&until={int(time.time())}"
    target = chance.choice(
        [f"/containers/json?all=1&filters={asked}", "/containers/json?all=1", "/containers/json",
         f"/containers/json?all=1&filters={asked}&filters=%7B%7D", f"/events?{times}",
         f"/events?{times}&filters={asked}", f"/containers/json?all=1&before={name}",
         f"/containers/{name}/json", f"/containers/{name}/logs?stdout=1", "/system/df", "/info",
         f"/containers/{name}/attach?logs=1&stdout=1", f"/containers/create?name={name}"]
    )  # fmt: skip
    method = chance.choice(["GET", "GET", "GET", "POST"])
    return request(method, prefix(chance) + target)


def touch(site: Site, chance: random.Random, _: list[Change]) -> bytes:
    """What would change, start, read or remove somebody else's container."""
    name = chance.choice([site.impostor["name"], site.foreign["name"], site.impostor["id"]])
    method, target = chance.choice(
        [("POST", f"/containers/{name}/start"), ("POST", f"/containers/{name}/rename?name=x"),
         ("DELETE", f"/containers/{name}?v=True&link=False&force=True"),
         ("GET", f"/containers/{name}/json"), ("POST", f"/containers/{name}/kill"),
         ("POST", f"/containers/{name}/attach?stream=1&stdin=1&stdout=1&stderr=1")]
    )  # fmt: skip
    upgrade = ["Connection: Upgrade", "Upgrade: tcp"] if "attach" in target else []
    return request(method, prefix(chance) + target, b"", *upgrade)


def smuggled(first: bytes, second: bytes, chance: random.Random) -> bytes:
    """Two requests in which readers could see one, or one in which they could see two."""
    head, _, body = first.partition(b"\r\n\r\n")
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(second), second)
    return chance.choice(
        [
            first + second,
            first + b"\r\n" + second,
            head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
            head + b"\r\nTransfer-Encoding : chunked\r\n\r\n" + chunked,
            head + b"\r\nContent-Length: %d\r\n\r\n" % (len(body) + len(second)) + body + second,
            head.replace(b"Content-Length: ", b"Content-Length: 0") + b"\r\n\r\n" + body + second,
            head + b"\r\nExpect: 100-continue\r\n\r\n" + body + second,
            head + b"\r\nX: a\n\n" + second + b"\r\n\r\n" + body,
            head + b"\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n" + body + second,
        ]
    )


KINDS = [create, create, create, question, question, touch]


@settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 2**32),
    kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=2),
    changes=st.lists(st.sampled_from(CHANGES), max_size=3) | st.just([an_order]),
    smuggles=st.sampled_from([False, False, False, True]),
)
def test_what_comes_of_a_request_is_ours_and_no_answer_speaks_of_others(
    site: Site,
    seed: int,
    kinds: list[Callable[..., bytes]],
    changes: list[Change],
    smuggles: bool,
) -> None:
    chance = random.Random(seed)  # noqa: S311  # one number stands for a request
    sent = kinds[0](site, chance, changes)
    if smuggles:
        sent = smuggled(sent, kinds[1](site, chance, [a_wanted]), chance)
    answered = raw(site.gate, sent, 2)
    assert CANARY.encode() not in answered.replace(sent.partition(b"\r\n")[0], b"")
    for stranger in (site.foreign, site.impostor):
        assert stranger["id"].encode() not in answered
        found = site.engine.inspect_container(stranger["id"])
        assert (found["State"]["Status"], found["Name"]) == ("created", f"/{stranger['name']}")
    try:
        for made in site.listener.created:
            assert_ours(site.engine.inspect_container(made), site)
    finally:
        for made in site.listener.created:
            site.engine.remove_container(made, force=True)
        site.listener.created.clear()


def test_a_generated_container_of_ours_does_come_to_be(site: Site) -> None:
    """So that the test above is about something."""
    name = f"{APP_LABEL}-{uuid.uuid4().hex}"
    made = tree(spec_of(site, name, random.Random(0)).body())  # noqa: S311  # any will do
    target = f"/containers/create?name={name}"
    raw(site.gate, request("POST", target, text(made).encode()))
    (created,) = site.listener.created
    site.listener.created.clear()
    assert_ours(site.engine.inspect_container(created), site)
    site.engine.remove_container(created, force=True)
