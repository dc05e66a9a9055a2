"""compose.yaml: who gets what."""

import json
import os
import subprocess

import pytest

from bin.machine.steps import ROOT
from tests.bin.conftest import ran

# Keeps docker-compose from reading a developer's .env: a file without a setting.
EMPTY = ROOT / "tests" / "__init__.py"
SECRETS = {"SECRET_KEY": "s", "POSTGRES_PASSWORD": "p", "DOCKER_GID": "999"}


def compose(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = ["docker-compose", "-f", str(ROOT / "compose.yaml"), "--env-file", str(EMPTY)]
    return ran([*command, *arguments], {"PATH": os.environ["PATH"], "HOME": "/nonexistent"} | env)


def test_compose_accepts_the_file_and_gives_the_engine_to_the_workers_gate_only():
    said = compose("--profile", "emulator", "config", **SECRETS)
    assert said.returncode == 0, said.stderr
    from ruamel.yaml import YAML  # the project's own YAML reader

    services = YAML(typ="safe").load(said.stdout)["services"]
    assert set(services) == {"web", "worker", "gate", "postgres", "redis", "emulator"}
    with_engine = [
        name for name, service in services.items() if "docker.sock" in json.dumps(service)
    ]
    assert with_engine == ["gate"]
    behind = [name for name, service in services.items() if "/run/engine" in json.dumps(service)]
    assert sorted(behind) == ["gate", "worker"]
    assert services["gate"]["network_mode"] == "none"
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert all("healthcheck" in service for service in services.values())


def test_compose_gives_the_gate_no_setting_and_no_data():
    secrets = {name: f"canary-{name}" for name in (*SECRETS, "OPENAI_API_KEY")}
    said = compose("config", **secrets | {"DOCKER_GID": "999"})
    assert said.returncode == 0, said.stderr
    from ruamel.yaml import YAML  # the project's own YAML reader

    services = YAML(typ="safe").load(said.stdout)["services"]
    assert "canary" in json.dumps(services["worker"])
    gate = services["gate"]
    assert "canary" not in json.dumps(gate)
    assert not gate.keys() & {
        "environment",
        "env_file",
        "secrets",
        "configs",
        "depends_on",
        "ports",
    }
    assert gate["command"] == "python -m sandbox.gate --listen /run/engine/engine.sock"
    mounted = [volume.split(":")[1] for volume in gate["volumes"]]
    assert sorted(mounted) == ["/run/engine", "/var/run/docker.sock"]


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_compose_names_the_setting_that_is_missing(name):
    said = compose("config", **{key: value for key, value in SECRETS.items() if key != name})
    assert said.returncode != 0
    assert f"Set {name} in .env" in said.stderr
