"""One page's session: takes events from one inbox, asks the turn, and performs its actions.

Holds: `session`, the loop; `turn_store`, the turn's rows under its claim; `commands`, the rest of
what a student does; beside them `runs`, `context` (the model's), `page`, `drafts`; `outbox` and
`notifications`, the ways out. Imports models, upstream, turn, method, protocol; nothing of the web.
Begin with `session.Session`.
"""
