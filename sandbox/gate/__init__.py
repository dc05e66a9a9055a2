"""The gate before the engine's socket, a process of its own without Django and without secrets."""
