"""Servers that others wrote: `bin/test --gateway`, and a real model: `bin/test --real-model`."""
