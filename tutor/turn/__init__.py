"""The rules of a dialogue, pure: events in, actions out.

Holds: `rules`, one turn from the question to its end; `history`, what the model has still to be
told; `revisions`, which stored program a write replaces. Imports `tutor.method` and
`tutor.protocol`; no I/O, no clock, no asyncio, no Django. Begin with the numbered rules at the top
of `rules`.
"""
