"""The Docker engine: found, started, or asked for."""

import os
from pathlib import Path

import pytest

from bin.machine import debian, engine, serving, steps
from bin.machine.steps import StepFailed

NOT_ROOT = 1000


def test_an_engine_named_by_docker_host_is_never_replaced(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{serving.free_port()}")
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    with pytest.raises(StepFailed, match=r"DOCKER_HOST is tcp://.* no Docker engine answers there"):
        engine.provide()


def no_engine(monkeypatch, tmp_path, *, installed: bool, is_debian: bool, user: int) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "SOCKET", str(tmp_path / "docker.sock"))
    monkeypatch.setattr(engine, "which", lambda _: "/usr/sbin/dockerd" if installed else None)
    monkeypatch.setattr(debian, "is_debian", lambda: is_debian)
    monkeypatch.setattr(os, "geteuid", lambda: user)


@pytest.mark.parametrize(
    ("installed", "is_debian", "message"),
    [
        (False, False, "Install Docker .* start it until `docker version` shows a server"),
        (False, True, "sudo apt-get install --no-install-recommends docker.io"),
        (True, True, "sudo systemctl start docker"),
    ],
)
def test_without_engine_a_person_is_told_what_to_do(
    monkeypatch, tmp_path, installed, is_debian, message
):
    no_engine(monkeypatch, tmp_path, installed=installed, is_debian=is_debian, user=NOT_ROOT)
    with pytest.raises(StepFailed, match=message):
        engine.provide()


def test_a_dying_engine_is_tried_without_network_and_then_quoted(monkeypatch, tmp_path):
    no_engine(monkeypatch, tmp_path, installed=True, is_debian=True, user=0)
    dockerd = tmp_path / "dockerd"
    dockerd.write_text('#!/bin/sh\necho "$@" >> "$0.calls"\necho "no nf_tables here"; exit 1\n')
    dockerd.chmod(0o755)
    monkeypatch.setattr(engine, "which", lambda _: str(dockerd))
    monkeypatch.setattr(engine, "LOGS", steps.LOGS)
    with pytest.raises(StepFailed, match=r"does not start on this machine(.|\n)*no nf_tables here"):
        engine._spawn_or_explain()
    calls = Path(f"{dockerd}.calls").read_text().splitlines()
    assert calls == ["", "--iptables=false --ip6tables=false --bridge=none"]


def test_an_engine_closed_to_this_user_is_told_from_none(monkeypatch):
    def refused():
        raise PermissionError

    monkeypatch.setattr(engine, "answers", refused)
    with pytest.raises(StepFailed, match="usermod -aG docker"):
        engine.provide()
