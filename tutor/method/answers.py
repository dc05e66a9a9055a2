"""How a student's answer to a prediction is read: a value, an error, "I don't know". Pure.

Any text at all may come: no function here raises, and what is too long is not looked at.
"""

import re
from typing import Final

from courses.languages import Language, language_of
from courses.observation import Raised
from tutor.protocol.frames import MAX_ANSWER_CHARS

# "I don't know", as `_plain` has it: in lower case, without apostrophes and what ends a sentence.
_UNKNOWN: Final = frozenset(
    {
        "i dont know", "i do not know", "dont know", "do not know", "idk", "dunno", "i dunno",
        "no idea", "i have no idea", "no clue", "i have no clue", "not sure", "im not sure",
        "i am not sure", "i cant say", "cant say",
        # `casefold` makes "ss" of an "ß".
        "ich weiss nicht", "ich weiss es nicht", "weiss nicht", "weiss ich nicht",
        "weiss es nicht", "keine ahnung", "ich habe keine ahnung", "ich hab keine ahnung",
        "habe keine ahnung", "hab keine ahnung", "keine idee", "ka", "k a", "kp", "kein plan",
    }
)  # fmt: skip
_ENDLESS: Final = re.compile(
    r"\b(never (ends?|stops?|finish(es)?)|(does not|doesnt|wont|will not) (end|stop|finish)|"
    r"infinite|endless(ly)?|forever|timeout|endlos|unendlich|ewig|hört nie auf|endet nie|"
    r"hört nicht auf|endet nicht)\b|endlosschleife"
)
# An error that is foretold without its name.
_SOME_ERROR: Final = re.compile(
    r"((it )?(raises|throws|gives|is|its) )?((an?|ein|eine) )?(error|exception|fehler|ausnahme)"
)
_NAME: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_QUOTES: Final = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")
_SENTENCE_OF_NUMBER: Final = re.compile(r"-?\d+\.")
_STRING: Final = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
# What a message that is nothing but output may hold besides literals: no smiley, no "...".
_OUTPUT_ONLY: Final = re.compile(r"[\d\s.,:;+\-*/=#|_<>()\[\]{}]*")
_OUTPUT: Final = re.compile(r"\d|[*#]")


def is_bare_value(text: str, call: str, language: str) -> bool:
    """Whether a message is nothing but a value, and so the answer to an open prediction.

    A literal of the language, the name of an exception, or "I don't know" in few words; for a whole
    program anything of one line without a question mark that has no letters besides literals.
    """
    ours = language_of(language)
    bare = _unwrapped(text)
    if not bare or len(bare) > MAX_ANSWER_CHARS or "\n" in bare or _is_dots(bare):
        return False
    if is_unknown(bare) or _is_error_name(bare.removesuffix("."), ours):
        return True
    beside = _without_strings(bare)
    if "?" in beside:
        return False
    # Behind a `#` is a comment to the parser, and words to us.
    if "#" not in beside and literals(bare, ours):
        return True
    return not call and _is_line_of_values(bare, ours)


def is_unknown(text: str) -> bool:
    """Whether a message says "I don't know" and nothing else, in English or German."""
    if len(text) > MAX_ANSWER_CHARS:
        return False
    return _plain(text) in _UNKNOWN


def texts(answer: str) -> tuple[str, ...]:
    """The answer as it may be meant as a text: as it is; without marks of code around it; a number
    without the full stop of a sentence."""
    bare = _unwrapped(answer)
    number = bare.removesuffix(".") if _SENTENCE_OF_NUMBER.fullmatch(bare) else bare
    return tuple(dict.fromkeys((answer, bare, number)))


def literals(answer: str, language: Language) -> tuple[str, ...]:
    """The literals that the answer may be, as the language writes them; none if it is no value.

    As it is, or without the full stop of a sentence; with plain quotes, and with `true`, `false`
    and `none` as a telephone writes them.
    """
    if language.syntax is None or len(answer) > MAX_ANSWER_CHARS:
        return ()
    bare = _unwrapped(answer)
    found: list[str] = []
    for text in (bare, bare.removesuffix(".")):
        named = text.capitalize() if text.isalpha() else text
        for written in (text, text.translate(_QUOTES), named):
            if (literal := language.syntax.literal(written)) is not None:
                found.append(literal)
                break
    return tuple(dict.fromkeys(found))


def names_error(answer: str, raised: Raised, language: Language) -> bool:
    """Whether the answer foretells this exception: by a name that `except` would catch it with, or
    as an error without a name."""
    if len(answer) > MAX_ANSWER_CHARS:
        return False
    if _SOME_ERROR.fullmatch(_plain(answer)):
        return True
    names = {name for name in _NAME.findall(answer) if _is_error_name(name, language)}
    return len(names) == 1 and any(
        raised.is_a(name) or _last(name).casefold() == _last(raised.type).casefold()
        for name in names
    )


def says_endless(answer: str) -> bool:
    """Whether the answer foretells that the program does not end."""
    return len(answer) <= MAX_ANSWER_CHARS and _ENDLESS.search(_plain(answer)) is not None


def _plain(text: str) -> str:
    """In lower case, in one line, without apostrophes and without what ends a sentence."""
    letters = text.casefold().translate(_QUOTES).replace("'", "")
    return " ".join(re.sub(r"[.,!…;:`\"]", " ", letters).split())


def _unwrapped(text: str) -> str:
    """Without blanks and back-quotes around it."""
    bare = text.strip()
    return bare.strip("`").strip() if bare.startswith("`") and bare.endswith("`") else bare


def _is_dots(text: str) -> bool:
    """`...` is a literal of Python's, and hesitation."""
    return not text.strip(".… ")


def _without_strings(text: str) -> str:
    return _STRING.sub("", text.translate(_QUOTES))


def _is_error_name(text: str, language: Language) -> bool:
    if _NAME.fullmatch(text) is None:
        return False
    known = {name.casefold() for name in language.errors}
    return text.endswith(("Error", "Exception")) or text.casefold() in known


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _is_line_of_values(text: str, language: Language) -> bool:
    left = _without_strings(text)
    has_string = left != text.translate(_QUOTES)
    words = _NAME.findall(left)
    syntax = language.syntax
    if any(syntax is None or syntax.literal(word) is None for word in words):
        return False
    rest = _NAME.sub("", left)
    if _OUTPUT_ONLY.fullmatch(rest) is None:
        return False
    return has_string or bool(words) or _OUTPUT.search(rest) is not None
