"""Measurements, each a program of its own: `python -m tests.bench.upstream`, `.relay`, `.load`,
`.turn_bytes`, `.sandbox`, `.real_tutor`.

They print tables and never judge by time; docs/performance.md says what they measure. The one thing
here that is the same on every machine, the bytes of a dialogue, is a test: test_bytes.py.
"""
