"""The two commands as a person calls them."""

import pytest

from bin.machine.steps import ROOT
from tests.bin.conftest import python, ran


@pytest.mark.parametrize("command", ["serve", "test"])
def test_help_explains_the_command_without_setting_anything_up(command):
    said = ran([ROOT / "bin" / command, "--help"])
    assert said.returncode == 0
    assert f"usage: bin/{command}" in said.stdout
    assert "Docker engine" in said.stdout


@pytest.mark.parametrize("command", ["serve", "test"])
def test_an_old_python_gets_a_message_and_no_syntax_error(command):
    source = (ROOT / "bin" / command).read_text()
    old = f"import sys; sys.version_info = (3, 9, 2); exec({source!r})"
    said = ran(python(old))
    assert said.returncode == 1
    assert said.stderr == f"bin/{command} needs Python 3.11 or newer; this is Python 3.9.\n"
