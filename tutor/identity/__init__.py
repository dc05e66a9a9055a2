"""Authentication and authorization: log-in, the demo's accounts, the permissions of instructors.

Of the tutor's it imports `tutor.models` only, for what all processes count together. Begin with
`login`.
"""
