"""The languages of words in which edits are understood; a language is a module and a row here."""

from typing import Final

from tutor.leaks.speech import Speech
from tutor.leaks.words.english import ENGLISH
from tutor.leaks.words.german import GERMAN

SPEECHES: Final[dict[str, Speech]] = {speech.name: speech for speech in (ENGLISH, GERMAN)}
