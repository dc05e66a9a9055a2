"""Texts of programs and students, made fit for a database or a person. Pure.

`courses.text` has the second for what authors write: neither app knows the other.
"""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """The text as any database takes it: as many characters, without NUL and halves of pairs."""
    return text.replace("\0", REPLACEMENT).encode("utf-8", "replace").decode()


def printable(text: str) -> str:
    """The text on one line, as many characters, none of which could pass for something else."""
    return "".join(each if each.isprintable() else REPLACEMENT for each in text)
