"""The cost of a run, beside that of starting Python: `python -m tests.bench.sandbox`."""
