"""Commands, and what two of them need of both `courses` and `sandbox`. Imports any room."""
