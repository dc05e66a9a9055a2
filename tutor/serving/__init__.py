"""The servers under the site, daphne and uvicorn, with what they lack: bounded reads and a drain.

Also the in-memory channel layer. Imports the ASGI application, `tutor.web` and `tutor.identity`;
imported by `manage.py serve` and by settings only. Begin with `daphne`.
"""
