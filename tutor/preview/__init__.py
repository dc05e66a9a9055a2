"""A lesson as a student meets it, in its author's terminal: `manage.py course preview`.

The dialogue goes over the real WebSocket to a site of its own (`temporary_site`, `seed`), as a
page's would. Pure: `commands` parses input, `render` and `escape` make output, `state` is what is
known of the lesson. `connection` and `client` talk to the site, `shell` and `editor` execute
commands, `input` and `screen` are the terminal. Begin with `main`. Of the tutor it imports
`protocol` only.
"""

from tutor.preview.main import preview

__all__ = ["preview"]
