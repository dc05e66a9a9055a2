"""Ports and signals of bin/serve."""

import argparse
import socket

import pytest

from bin.machine import serving
from bin.machine.steps import StepFailed


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "", "8000.0", "٣"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a port"):
        serving.port_number(port)


def test_a_taken_port_is_named_before_anything_is_set_up():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(StepFailed, match=r"Port \d+ is taken by another program"):
            serving.check_port(other.getsockname()[1])


def test_a_free_port_passes():
    serving.check_port(serving.free_port())


def test_the_first_signal_interrupts_and_the_second_only_hurries(monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    interruption = serving.Interruption()
    with pytest.raises(KeyboardInterrupt):
        interruption._received(2, None)
    assert not interruption.hurry
    interruption._received(2, None)
    assert interruption.hurry
