"""The site's edge: pages, the browser's socket, the instructors' admin.

Translates and calls; decides nothing. Imports `tutor.session`, `tutor.models`, `tutor.identity`.
Begin with `consumers` for the socket and `views` for the pages.
"""
