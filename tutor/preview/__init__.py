"""A lesson as a student meets it, in its author's terminal: `manage.py course preview`.

The dialogue goes over the real WebSocket to a classroom of its own (`temporary_site`), as a
page's would. Begin with `main`.
"""

from tutor.preview.main import preview

__all__ = ["preview"]
