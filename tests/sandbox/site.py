"""A site's own half of the queue, as a process: requests runs, looks at them. Lines of JSON.

{"do": "request", "key": …, "code": …} -> {"ms": …}
{"do": "look", "key": …}               -> the run's row
{"do": "cancel", "key": …}             -> {}
"""

import json
import os
import sys
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  # Django must be set up first
from django.utils import timezone  # noqa: E402

from sandbox.models import Run  # noqa: E402

SHOWN = ("status", "stdout", "message", "fence", "duration_ms", "queued_ms")


def answer(order: dict[str, Any]) -> dict[str, Any]:
    match order["do"]:
        case "request":
            began = time.monotonic()
            Run.request(
                key=order["key"], code=order["code"], stdin="", student=User.objects.get(),
                origin="student", group="site",
            )  # fmt: skip
            return {"ms": (time.monotonic() - began) * 1000}
        case "look":
            run = Run.objects.get(key=order["key"])
            facts = {name: getattr(run, name) for name in SHOWN}
            return facts | {"finished": run.finished}
        case "expire":
            Run.objects.filter(key=order["key"]).update(lease_until=timezone.now())
            return {}
        case _:
            Run.objects.get(key=order["key"]).cancel()
            return {}


if __name__ == "__main__":
    User.objects.create_user("student")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
