"""The teaching method, pure: what the model is told, which tools it has, how an attempt is judged.

Imports `courses` and `tutor.protocol`; no I/O, no clock, no asyncio, no Django.
Begin with `prompts`.
"""
