"""The teaching method, pure: instructions, the tools of the model, feedback on attempts and the
facts of it that are stored.

Imports `courses` and `tutor.protocol`; no I/O, no clock, no asyncio, no Django.
Begin with `prompts`.
"""
