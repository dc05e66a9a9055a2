"""What the image holds and runs: standard library only, Python 3.11 or later.

The host imports `wire` (and nothing else that acts), so that both ends speak the same.
"""
