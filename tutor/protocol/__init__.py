"""The browser's protocol, and the words that the rest of the tutor speaks of it with.

Holds: `frames`, every JSON message between page and server; `events` and `actions`, the closed
unions that go into the turn and come out of it. Imports nothing of ours; no I/O, no clock.
Begin with the docstring of `frames`: a client can be written from it.
"""
