"""Whether this process wants to be sent anybody."""

import asyncio
from typing import Final

# Set for good when the process is about to end.
draining: Final = asyncio.Event()
