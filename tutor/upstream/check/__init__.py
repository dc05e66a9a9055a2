"""Whether a server can be the tutor's model: `manage.py model check`. Needs no database.

`report` what was found, pure; `exchange` one request over one of the two ways, and what came of it;
`talk` what has been said; `tool_calls` and `roles` what becomes of calls and of facts;
`dialogue` the small dialogue that finds it all out. Begin with `dialogue`.
"""
