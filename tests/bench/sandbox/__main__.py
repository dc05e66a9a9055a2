"""`python -m tests.bench.sandbox`: every method in a table; or many runs in a row, or a folder's.

Reads the site's settings: SANDBOX_IMAGE, DATA_DIR.
"""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings

from sandbox import container
from sandbox.job import Job, Status
from tests.bench import report
from tests.bench.sandbox import rivals, series, sustained, table


def positive(text: str) -> int:
    """A number of what is done at least once."""
    if (number := int(text)) < 1:
        raise ArgumentTypeError("must be at least 1")
    return number


def arguments() -> Namespace:
    parser = ArgumentParser(
        prog="python -m tests.bench.sandbox",
        description="Measure the cost of a run, beside that of starting Python.",
    )
    parser.add_argument("--rounds", type=positive, default=20, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one line with the table")
    parser.add_argument(
        "--programs", metavar="DIR", help="run each .py below DIR instead, a line for each"
    )
    parser.add_argument(
        "--sustained",
        type=positive,
        metavar="N",
        help="run N programs, say what they leave behind",
    )
    parser.add_argument(
        "--series",
        type=positive,
        metavar="N",
        help="measure series of programs instead, N of them at a time under load",
    )
    parser.add_argument(
        "--rivals",
        metavar="PYTHON",
        nargs="?",
        const="",
        help="measure epicbox too, with a Python that has it; without PYTHON one is made",
    )
    return parser.parse_args()


def lines(chosen: Namespace) -> Iterator[str]:
    """The lines to print, each as soon as there is one. Exits with a message if there are none."""
    image = settings.SANDBOX_IMAGE
    # Where nothing can be run, everybody below would wait for that in vain.
    first = container.run(Job(""), image=image)
    if first.status is not Status.OK:
        sys.exit(f"It could not be measured: {first.message}")
    if chosen.programs:
        if not (found := sorted(Path(chosen.programs).glob("**/*.py"))):
            sys.exit(f"There is no .py below {chosen.programs}.")
        yield from table.programs(image, found)
    elif chosen.sustained:
        yield from sustained.shown(sustained.sustained(image, chosen.sustained))
    elif chosen.series:
        yield from series.shown(image, chosen.series)
    else:
        python, folder = chosen.rivals, settings.DATA_DIR / "rivals"
        rival = None if python is None else lambda: python or rivals.install(folder)
        rows = table.measured(image, chosen.rounds, rival)
        yield from iter([table.as_json(rows)]) if chosen.json else table.shown(rows)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")
    chosen = arguments()
    django.setup()
    try:
        for line in lines(chosen):
            report.write(line)
    except (RuntimeError, TimeoutError, *container.ENGINE_ERRORS) as error:
        sys.exit(f"It could not be measured: {error}")
