"""The scripted tutor: the emulator's model when nobody has an API key.

    async with emulator.serve(model=practice.answer) as server: ...

Everything is pure. `lesson`, `message` and `dialogue` read what a request says, `probe` composes
the program to run and judges what came of it, `intents` guesses what the student wants, `phrases`
has the texts. Begin with `socratic`. Imports `tutor.emulator.model` only.
"""

from tutor.practice.socratic import answer

__all__ = ["answer"]
