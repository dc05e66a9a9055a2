"""An interpreter started for one job, for a program with a module that is named like one of those
that are loaded ahead elsewhere: here it is found first, by the libraries too."""

import json
import os
import sys

from . import figures
from .cases import run_case
from .program import hide_supervisor, restore_signals, run_python


def run(plain: set[str], given: int, orders: int, report: int) -> None:
    """Run the job in the file `given` and end as it ends; `plain` are the names of the modules that
    Python loads by itself."""
    job = json.loads(os.pread(given, os.fstat(given).st_size, 0))
    os.close(given)
    for fd in (orders, report):
        os.set_inheritable(fd, False)
    figures.prepare_later()
    hide_supervisor()
    restore_signals()
    for name in set(sys.modules) - plain:
        del sys.modules[name]
    run_python(job, orders, report, run_case)
