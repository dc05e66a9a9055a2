"""What bin/serve and bin/test do to a machine: standard library only, Python 3.11 or newer.

In reading order: steps (what a person sees), environment (Python packages), page (Node, the build),
engine (Docker), processes (children that never outlive us), then serving and testing.
"""

import sys
from pathlib import Path

# For the sandbox's table of languages, which needs no package either.
sys.path.append(str(Path(__file__).resolve().parents[2]))
