"""The scripted tutor: the emulator's model when nobody has an API key.

Imports `tutor.emulator.model` only. Begin with `socratic.answer`.
"""
