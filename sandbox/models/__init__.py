"""The rows of the sandbox: a run from the request to the result, and what belongs to it.

`run` holds Run, and its queryset, by which one is claimed; `recovery` finds the runs that were lost
with a worker or with the broker; `attached` and `batches` hold rows that refer to a run. They
import the sandbox's facts, states and notifications; no engine, no worker: a task is sent by its
name. Begin with `run.Run.request`.
"""

from .attached import RunFile, RunInput
from .batches import Batch
from .run import Run
from .workers import SandboxWorker

__all__ = ["Batch", "Run", "RunFile", "RunInput", "SandboxWorker"]
