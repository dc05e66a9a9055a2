"""Who somebody is: logging in, the demo's accounts, what an instructor may do.

Imports nothing of the tutor's. Begin with `login`.
"""
