"""Authentication and authorization: log-in, the demo's accounts, the permissions of instructors.

Imports nothing of the tutor's. Begin with `login`.
"""
