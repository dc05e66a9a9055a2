"""Whether a server can be the tutor's model: `manage.py model check`. Needs no database.

`report` what was found, pure; `exchange` one request over one of the two ways, and what came of it;
`dialogue` the small dialogue that finds it out. Begin with `dialogue`.
"""
