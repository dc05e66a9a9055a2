"""A lesson as a student meets it, in its author's terminal: `manage.py course preview`.

The dialogue goes over the real WebSocket to a classroom of its own (`stage`), as a page's would.
"""

from tutor.preview.showing import preview

__all__ = ["preview"]
