"""Runs a program with epicbox, in a Python that has it, for each line of its input.

Each answer is a line of JSON: the milliseconds, and what was printed. A script of its own: epicbox
1.1.0 needs urllib3 < 2, which no part of the product has.
"""

import json
import logging
import sys
import time

import epicbox  # type: ignore[import-not-found]  # not in our environment, on purpose
import structlog

# The limits of our own runs, as far as it has them.
LIMITS = {"cputime": 8, "realtime": 10, "memory": 256, "processes": 64}


def main(image: str, code: str) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    epicbox.configure(profiles=[epicbox.Profile("python", image, user="20000")])
    for _ in sys.stdin:
        began = time.perf_counter()
        result = epicbox.run("python", f"python3 -I -c '{code}'", limits=LIMITS)
        took = (time.perf_counter() - began) * 1000
        answer = {"ms": took, "stdout": result["stdout"].decode()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
