"""System checks: settings with which no run could succeed. They never talk to the engine."""

import json
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

from .spec import SECCOMP

# Shorter than that, a busy worker on another machine loses runs that it is at work on; longer, a
# student waits.
SHORTEST_LEASE_S = 2
LONGEST_LEASE_S = 15


def check_settings(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SANDBOX_CONCURRENCY < 1:
        hint = "Set it to the number of programs one worker may run at a time."
        found.append(Error("SANDBOX_CONCURRENCY is below 1.", hint=hint, id="sandbox.E001"))
    if settings.SANDBOX_INTERACTIVE_CONCURRENCY < 1:
        hint = "Set it to the number of programs to which somebody may type at a time."
        found.append(
            Error("SANDBOX_INTERACTIVE_CONCURRENCY is below 1.", hint=hint, id="sandbox.E005")
        )
    if settings.SANDBOX_OLD_NAME_IS_USED:
        text = f"{settings.SANDBOX_OLD_NAME} is called SANDBOX_INTERACTIVE_CONCURRENCY now."
        hint = "Rename it in the environment; the next release does not read the old name."
        found.append(CheckWarning(text, hint=hint, id="sandbox.W001"))
    if not SHORTEST_LEASE_S <= settings.SANDBOX_LEASE_S <= LONGEST_LEASE_S:
        hint = "A worker must have the time to renew it, and a lost run is missed for as long."
        text = f"SANDBOX_LEASE_SECONDS is not from {SHORTEST_LEASE_S} to {LONGEST_LEASE_S}."
        found.append(Error(text, hint=hint, id="sandbox.E006"))
    for language, size in settings.SANDBOX_POOL_SIZES.items():
        if size < 0:
            hint = "Set it to the number of containers to keep warm; 0 keeps none."
            text = f"The size of the pool for {language} is below 0."
            found.append(Error(text, hint=hint, id="sandbox.E004"))
    if settings.SANDBOX_RUNTIME_IS_SET:
        text = "SANDBOX_RUNTIME chooses nothing any more: programs run in the engine's own runtime."
        hint = (
            "Take it out of the environment, and --runtime off the gate's command. The sandbox's "
            "limits are tested in runc only; gVisor has never held them."
        )
        found.append(Error(text, hint=hint, id="sandbox.E007"))
    if not settings.SANDBOX_IMAGE:
        hint = "Leave it out to use the default image."
        found.append(Error("SANDBOX_IMAGE is empty.", hint=hint, id="sandbox.E002"))
    return found


def check_seccomp(**_: Any) -> list[CheckMessage]:
    try:
        default = json.loads(SECCOMP.read_text())["defaultAction"]
    except (OSError, ValueError, KeyError, TypeError):
        default = None
    if default == "SCMP_ACT_ERRNO":
        return []
    hint = "Restore sandbox/image/seccomp.json; without it no program is run."
    return [Error("The seccomp profile does not refuse by default.", hint=hint, id="sandbox.E003")]
