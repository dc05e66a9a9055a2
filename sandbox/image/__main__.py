"""What a container starts with, and what an interpreter that is started for one job."""

import os
import sys

plain = set(sys.modules)
sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120  # nothing is loaded for it

if arguments := [int(each) for each in sys.argv[1:]]:
    from inside.cold import run  # type: ignore[import-not-found]  # its name in the image

    run(plain, *arguments)
else:
    from inside.supervisor import main  # type: ignore[import-not-found]

    main()
