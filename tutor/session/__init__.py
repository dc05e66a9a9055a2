"""One page's session: takes events from one inbox, asks the turn, and performs its actions.

Holds: `session`, the loop; beside it what it keeps of runs, of the page, of the model's context, of
drafts. Imports everything below it: models, upstream, turn, method, protocol; nothing of the web.
Begin with `session.Session`.
"""
