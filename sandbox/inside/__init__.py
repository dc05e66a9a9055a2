"""The program in the image: standard library only, Python 3.11 or later; nothing of ours outside.

`supervisor` is PID 1: begin there. The host imports `wire`, and of `values` and `cases` what both
ends must agree on, so that both speak the same.
"""
