"""System checks: what would make every run fail is said before the first one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from sandbox import checks

ROOT = Path(__file__).parents[2]


def test_a_checkout_passes() -> None:
    assert [*checks.check_settings(), *checks.check_seccomp()] == []


def test_settings_that_cannot_work_are_named(settings: Settings) -> None:
    settings.SANDBOX_CONCURRENCY = 0
    settings.SANDBOX_POOL_SIZES = {"python": -1}
    settings.SANDBOX_IMAGE = ""
    settings.SANDBOX_LEASE_S = 1.0
    settings.SANDBOX_RUNTIME_IS_SET = True
    found = [each.id for each in checks.check_settings()]
    assert found == ["sandbox.E001", "sandbox.E006", "sandbox.E004", "sandbox.E007", "sandbox.E002"]


@pytest.mark.parametrize(
    ("seconds", "found"), [(2, []), (15, []), (1.9, ["sandbox.E006"]), (15.1, ["sandbox.E006"])]
)
def test_a_lease_is_neither_too_short_to_be_renewed_nor_too_long_to_be_waited_for(
    settings: Settings, seconds: float, found: list[str]
) -> None:
    settings.SANDBOX_LEASE_S = seconds
    assert [each.id for each in checks.check_settings()] == found


PRINT = (
    "import json, django; django.setup()\n"
    "from django.conf import settings; from sandbox import checks\n"
    "found = [each.id for each in checks.check_settings()]\n"
    "print(json.dumps([settings.SANDBOX_INTERACTIVE_CONCURRENCY, found]))"
)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, [24, []]),
        ({"SANDBOX_INTERACTIVE_CONCURRENCY": "3"}, [3, []]),
        ({"SANDBOX_TYPISTS": "5"}, [5, ["sandbox.W001"]]),
        # It would be believed to be safer.
        ({"SANDBOX_RUNTIME": "runsc"}, [24, ["sandbox.E007"]]),
        ({"SANDBOX_TYPISTS": "5", "SANDBOX_INTERACTIVE_CONCURRENCY": "3"}, [3, ["sandbox.W001"]]),
    ],
)
def test_settings_of_earlier_releases_are_named(
    environment: dict[str, str], expected: list[object], tmp_path: Path
) -> None:
    names = {"SANDBOX_RUNTIME", "SANDBOX_TYPISTS", "SANDBOX_INTERACTIVE_CONCURRENCY"}
    rest = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=ROOT, capture_output=True, text=True, check=True,
        env=rest | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tutor.settings"}
        | environment,
    )  # fmt: skip
    assert json.loads(done.stdout) == expected


@pytest.mark.parametrize("text", ["", "{}", '{"defaultAction": "SCMP_ACT_ALLOW"}', None])
def test_a_seccomp_profile_that_allows_or_is_missing_is_an_error(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "seccomp.json"
    if text is not None:
        profile.write_text(text)
    monkeypatch.setattr(checks, "SECCOMP", profile)
    assert [found.id for found in checks.check_seccomp()] == ["sandbox.E003"]
