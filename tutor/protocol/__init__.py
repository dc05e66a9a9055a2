"""The browser's protocol, and the words that the rest of the tutor speaks of it with.

Holds: `frames`, every JSON message between page and server, defined in `incoming`, `outgoing`,
`views` and `base`; `events` and `actions`, the closed unions that go into the turn and come out of
it; `commands`, what a student does beside it. Imports nothing of ours; no I/O, no clock. Begin with
the docstring of `frames`: a client can be written from it.
"""
