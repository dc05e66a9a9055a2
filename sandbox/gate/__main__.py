"""`python -m sandbox.gate --listen SOCKET` is the gate, until it is ended."""

import logging
import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path

from .process import MODULE, allow_files, become, kept
from .server import MOST_FILES, Gate


def main() -> None:
    parser = ArgumentParser(
        prog=f"python -m {MODULE}",
        description="Lets only the sandbox's own calls through to the engine.",
    )
    parser.add_argument("--listen", metavar="SOCKET", required=True, type=Path)
    parser.add_argument("--engine", metavar="SOCKET", default="/var/run/docker.sock")
    parser.add_argument("--image", default="tutor-sandbox", help="Python's; default: %(default)s")
    options = parser.parse_args()
    if kept(os.environ) != dict(os.environ):
        become(Path.cwd(), *sys.argv[1:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    allow_files(MOST_FILES)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        gate = Gate(options.listen, options.engine, options.image)
    except OSError as error:
        sys.exit(f"{options.listen}: {error.strerror or error}")
    with gate:
        gate.serve_forever()


if __name__ == "__main__":
    main()
