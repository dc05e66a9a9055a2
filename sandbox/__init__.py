"""Runs programs in containers. Imports nothing of `tutor` or `courses`.

Begin with `container.run`, one container's whole life; then `pool`, `tasks` (the worker) and
`models.Run` (the row). `inside` is what runs in the container, `gate` what stands before the
engine.
"""
