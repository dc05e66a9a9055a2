"""The edits that sentences tell: «replace `<` with `<=` in line 3». Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from typing import Final

from tutor.leaks.edit import Edit, Verb
from tutor.leaks.markdown import Part
from tutor.leaks.phrases import any_of, compiled
from tutor.leaks.said import Said
from tutor.leaks.sentences import CODE, LINES, Code, Sentence, passages, sentences
from tutor.leaks.tokens import tokens
from tutor.leaks.words import SPEECHES

# Of a sentence no more are taken.
MOST_EDITS: Final = 40
MOST_CLAUSES: Final = 12

# Code, lines, and few words between them, in which is no other code.
_CODE: Final = f"({CODE})"
_LINE: Final = f"({LINES})"
_NEAR: Final = rf"[^{CODE[1:-1]}.?!]{{0,60}}?"
_ARROW: Final = re.compile(rf"{_CODE}\s?(?:->|→|=>|⇒|➜|⟶|~>)\s?{_CODE}")
_NAMED: Final = re.compile(rf"{CODE}|{LINES}|\breturn\b")
_HEADS: Final = frozenset({"else", "try", "finally", "except"})
_RETURN: Final = re.compile(r"\breturn\b", re.IGNORECASE)


def directives(said: Said) -> list[list[Edit]]:
    """The edits that a text tells, in all languages of words, a list for each passage of it.

    A sentence that can be read in several ways tells several. Removals by line come last, for
    lines keep their numbers until then.
    """
    groups = [list(_told(passage)) for passage in passages(said)]
    return [group for group in groups if group]


# An answer is read again with each piece that is added to it.
@lru_cache(maxsize=256)
def _told(passage: tuple[Part, ...]) -> tuple[Edit, ...]:
    found = dict.fromkeys(edit for one in sentences(passage) for edit in _edits(one))
    return tuple(sorted(found, key=lambda edit: edit.verb is Verb.REMOVE and not edit.a))


def _edits(sentence: Sentence) -> list[Edit]:
    """The edits that a sentence tells."""
    if not _NAMED.search(sentence.text):
        return []
    found = dict.fromkeys(_arrows(sentence))
    for name in SPEECHES:
        words = _words(name)
        found.update(dict.fromkeys(_Reader(sentence, words).lists()))
        for clause in _clauses(sentence, words):
            found.update(dict.fromkeys(_Reader(clause, words).edits()))
    return list(found)[:MOST_EDITS]


def _arrows(sentence: Sentence) -> Iterator[Edit]:
    for one in _ARROW.finditer(sentence.text):
        a, b = sentence.codes[one[1]], sentence.codes[one[2]]
        yield Edit(Verb.REPLACE, a.text, b.text, _all_lines(sentence))


def _all_lines(sentence: Sentence) -> tuple[int, ...]:
    named = re.findall(LINES, sentence.text)
    return tuple(dict.fromkeys(line for one in named for line in sentence.lines[one]))


_VERBS: Final = (
    "replace", "become", "set", "add", "use", "remove", "move", "swap", "indent", "dedent", "place",
)  # fmt: skip


@dataclass(frozen=True)
class _Words:
    """Patterns for the phrases of a language, by the fields of `Speech`."""

    line: str
    both: str
    then: str
    replace: str
    to: str
    become: str
    instead: str
    set: str
    at: str
    add: str
    before: str
    after: str
    use: str
    remove: str
    move: str
    swap: str
    indent: str
    dedent: str
    place: str
    into: str
    out_of: str
    block: str
    verb_last: bool

    @property
    def verbs(self) -> str:
        """What a clause with an edit has; «and not `b`» goes on with one."""
        return "|".join(getattr(self, name) for name in _VERBS)


@cache
def _words(name: str) -> _Words:
    speech = SPEECHES[name]
    names = [one.name for one in fields(_Words) if one.name != "verb_last"]
    patterns = {one: any_of(getattr(speech, one)) for one in names}
    return _Words(**patterns, verb_last=speech.verb_last)


def _clauses(sentence: Sentence, words: _Words) -> Iterator[Sentence]:
    """The parts of a sentence that each tell what to do with a code or a line."""
    joint = compiled(rf"((?:,\s)?{words.then}\s|,\s)")
    parts = joint.split(sentence.text, maxsplit=MOST_CLAUSES)
    clause, tells = parts[0], _tells(parts[0], words)
    for joined, part in zip(parts[1::2], parts[2::2], strict=True):
        part_tells = _tells(part, words)
        if all(tells) and all(part_tells):
            yield replace(sentence, text=clause)
            clause, tells = part, part_tells
        else:
            clause += joined + part
            tells = (tells[0] or part_tells[0], tells[1] or part_tells[1])
    yield replace(sentence, text=clause)


def _tells(text: str, words: _Words) -> tuple[bool, bool]:
    """Whether a code or a line is in it, and a verb."""
    return _NAMED.search(text) is not None, compiled(words.verbs).search(text) is not None


@dataclass(frozen=True)
class _Reader:
    """Reads a sentence in one language; its methods are the patterns, see `Speech`."""

    sentence: Sentence
    words: _Words

    def edits(self) -> Iterator[Edit]:
        """All edits. Of a question only those that name code: the others only point at a place."""
        if self._has(CODE):
            yield from self._with_code()
        if not self.sentence.asks:
            yield from self._line_removals()
            yield from self._belonging()
            yield from self._moves()
            yield from self._indentations()

    def _with_code(self) -> Iterator[Edit]:
        told = [*self._replacements(), *self._settings(), *self._insertions()]
        yield from told
        if not told and not self.sentence.asks:
            yield from self._uses()
        yield from self._removals()

    def _find(self, pattern: str) -> Iterator[re.Match[str]]:
        return compiled(pattern).finditer(self.sentence.text)

    def _has(self, pattern: str) -> bool:
        return compiled(pattern).search(self.sentence.text) is not None

    def _code(self, sign: str) -> Code:
        return self.sentence.codes[sign]

    @property
    def _lines(self) -> tuple[int, ...]:
        return _all_lines(self.sentence)

    def _edit(self, verb: Verb, a: str, b: str) -> Edit:
        """An edit with two codes, given by their signs; an empty sign is no code."""
        new = self._code(b) if b else Code("")
        old = self._code(a).text if a else ""
        text = new.text
        # «Replace `(1, n)` with `(0, n):`»: the colon is there already.
        if verb is Verb.REPLACE and text.endswith(":") and len(text) > 1 and ":" not in old:
            text = text[:-1]
        return Edit(verb, old, text, self._lines, in_words=new.in_words)

    def _placed(self, verb: Verb, place: str, b: str) -> Iterator[Edit]:
        """Code before or after another; two signs that make one stand without a blank."""
        old, new = self._code(place).text, self._code(b).text
        joined = new + old if verb is Verb.BEFORE else old + new
        if len(tokens(joined)) < len(tokens(old)) + len(tokens(new)):
            yield Edit(Verb.REPLACE, old, joined, self._lines)
        yield self._edit(verb, place, b)

    def _replacements(self) -> Iterator[Edit]:
        w = self.words
        if self._has(w.replace):
            for one in self._find(rf"{_CODE}{_NEAR}{w.to}{_NEAR}{_CODE}"):
                yield self._edit(Verb.REPLACE, one[1], one[2])
            for one in self._find(rf"{_LINE}{_NEAR}{w.to}{_NEAR}{_CODE}"):
                yield self._in_line(one[1], one[2])
        for one in self._find(rf"{_CODE}{_NEAR}{w.become}{_NEAR}{_CODE}"):
            yield self._edit(Verb.REPLACE, one[1], one[2])
        for one in self._find(rf"{_LINE}{_NEAR}{w.become}{_NEAR}{_CODE}"):
            yield self._in_line(one[1], one[2])
        for one in self._find(rf"{_CODE}{_NEAR}{w.instead}{_NEAR}{_CODE}"):
            if self._is_told(one[1], one[2]):
                yield self._edit(Verb.REPLACE, one[2], one[1])
        for one in self._find(rf"{w.instead}{_NEAR}{_CODE}{_NEAR}{_CODE}"):
            yield self._edit(Verb.REPLACE, one[1], one[2])
        for one in self._find(rf"{w.instead}{_NEAR}{_LINE}{_NEAR}{_CODE}"):
            yield self._in_line(one[1], one[2])

    def _is_told(self, *signs: str) -> bool:
        """False for a truth about numbers and signs, «counting begins at 0, not at 1», which says
        nothing of a program."""
        w = self.words
        about = any(self._code(sign).is_marked for sign in signs) or bool(self._lines)
        return about or self._has(f"{w.replace}|{w.become}|{w.use}|{w.add}")

    def lists(self) -> Iterator[Edit]:
        """«Replace A, B with C, D», two lists of one length, and «swap A and B», whose «and» is
        none between clauses; over the whole sentence."""
        w = self.words
        if not self.sentence.asks:
            yield from self._swaps()
        for to in self._find(w.to) if self._has(w.replace) else ():
            old = re.findall(CODE, self.sentence.text[: to.start()])
            new = re.findall(CODE, self.sentence.text[to.end() :])
            if len(old) == len(new) > 1:
                yield from (self._edit(Verb.REPLACE, a, b) for a, b in zip(old, new, strict=True))
                return

    def _in_line(self, line: str, b: str) -> Edit:
        new = self._code(b)
        return Edit(Verb.PUT, "", new.text, self.sentence.lines[line], in_words=new.in_words)

    def _settings(self) -> Iterator[Edit]:
        """«Set A to B», «A auf B setzen»."""
        w = self.words
        # A name need not be marked: «set total to 0».
        name = rf"(?:{_CODE}{_NEAR}|([^\W\d]\w{{0,40}})\s)"
        for one in self._either(w.set, rf"{name}{w.at}{_NEAR}{_CODE}"):
            named = self._code(one[1]).text if one[1] else one[2]
            value = self._code(one[3]).text
            yield Edit(Verb.PUT, "", f"{named} = {value}", self._lines)
            yield Edit(Verb.AFTER, f"{named} =", value, self._lines)
        # «Set A and B to C».
        both = rf"{_CODE}{_NEAR}{w.both}\s{_CODE}{_NEAR}{w.at}{_NEAR}{_CODE}"
        for one in self._either(w.set, both):
            for sign in (one[1], one[2]):
                text = f"{self._code(sign).text} = {self._code(one[3]).text}"
                yield Edit(Verb.PUT, "", text, self._lines)

    def _either(self, verb: str, pattern: str) -> Iterator[re.Match[str]]:
        """Where the verb stands before the pattern, or behind it where the language allows that."""
        yield from self._find(rf"{verb}{_NEAR}{pattern}")
        if self.words.verb_last:
            yield from self._find(rf"{pattern}{_NEAR}{verb}")

    def _insertions(self) -> Iterator[Edit]:
        """«Add B before A», «before A add B», «vor A fehlt B», «B vor A einfügen»."""
        w = self.words
        beside = compiled(rf"(?:{w.before}|{w.after})\s$")
        for one in self._find(rf"{_LINE}{_NEAR}{w.add}{_NEAR}{_CODE}"):
            # «Below line 5 insert» is not in it.
            if not beside.search(self.sentence.text, 0, one.start()):
                yield self._in_line(one[1], one[2])
        for verb, place in ((Verb.BEFORE, w.before), (Verb.AFTER, w.after)):
            yield from self._beside_code(verb, place)
            for one in self._either(w.add, rf"{_CODE}{_NEAR}{place}{_NEAR}{_LINE}"):
                yield self._beside_line(verb, one[2], one[1])
            for one in self._find(rf"{place}{_NEAR}{_LINE}{_NEAR}{_CODE}"):
                yield self._beside_line(verb, one[1], one[2])

    def _beside_code(self, verb: Verb, place: str) -> Iterator[Edit]:
        w = self.words
        for one in self._either(w.add, rf"{_CODE}{_NEAR}{place}{_NEAR}{_CODE}"):
            yield from self._placed(verb, one[2], one[1])
        for one in self._find(rf"{place}{_NEAR}{_CODE}{_NEAR}{w.add}{_NEAR}{_CODE}"):
            yield from self._placed(verb, one[1], one[2])
        for one in self._find(rf"{w.add}{_NEAR}{place}{_NEAR}{_CODE}{_NEAR}{_CODE}"):
            yield from self._placed(verb, one[1], one[2])
        # «A `+` is missing before the `=`.»
        for one in self._find(rf"{_CODE}{_NEAR}{w.add}{_NEAR}{place}{_NEAR}{_CODE}"):
            yield from self._placed(verb, one[2], one[1])
        if w.verb_last:
            for one in self._find(rf"{place}{_NEAR}{_CODE}{_NEAR}{_CODE}{_NEAR}{w.add}"):
                yield from self._placed(verb, one[1], one[2])

    def _belonging(self) -> Iterator[Edit]:
        """«A `+` belongs in line 4»; and «line 4 belongs in an `else:`», the head of a block above
        a line, which goes into it."""
        w = self.words
        for one in self._find(rf"{_CODE}{_NEAR}(?:{w.place}|{w.add}){_NEAR}{w.into}{_NEAR}{_LINE}"):
            yield self._in_line(one[2], one[1])
        for one in self._find(rf"{_LINE}{_NEAR}{w.place}{_NEAR}{w.into}{_NEAR}{_CODE}"):
            head = self._code(one[2]).text
            if head.endswith(":") or head in _HEADS:
                text = f"{head.rstrip(':')}:"
                yield Edit(Verb.BEFORE, "", text, self.sentence.lines[one[1]])

    def _beside_line(self, verb: Verb, line: str, b: str) -> Edit:
        new = self._code(b)
        return Edit(verb, "", new.text, self.sentence.lines[line], in_words=new.in_words)

    def _uses(self) -> Iterator[Edit]:
        """«Use B», without a place: what is marked as code, or has a line named."""
        if self._has(f"{self.words.use}|{self.words.add}"):
            for sign in re.findall(CODE, self.sentence.text):
                if self._code(sign).is_marked or self._lines:
                    yield self._edit(Verb.PUT, "", sign)

    def _removals(self) -> Iterator[Edit]:
        for one in self._removed(_CODE):
            yield self._edit(Verb.REMOVE, one[1], "")

    def _line_removals(self) -> Iterator[Edit]:
        for one in self._removed(_LINE):
            yield Edit(Verb.REMOVE, lines=self.sentence.lines[one[1]])

    def _removed(self, what: str) -> Iterator[re.Match[str]]:
        """Where something is removed that is not an indentation."""
        dedents = [one.span() for one in self._find(self.words.dedent)]
        for one in self._either(self.words.remove, what):
            if not any(start < one.end() and one.start() < end for start, end in dedents):
                yield one

    def _moves(self) -> Iterator[Edit]:
        w = self.words
        for verb, place in ((Verb.MOVE_ABOVE, w.before), (Verb.MOVE_BELOW, w.after)):
            for one in self._either(w.move, rf"{_LINE}{_NEAR}{place}{_NEAR}{_LINE}"):
                lines, to = self.sentence.lines[one[1]], self.sentence.lines[one[2]]
                if len(lines) == len(to) == 1 and lines != to:
                    yield Edit(verb, lines=lines, to=to[0])

    def _swaps(self) -> Iterator[Edit]:
        w = self.words
        for one in self._either(w.swap, _LINE):
            if len(lines := self.sentence.lines[one[1]]) == 2:
                yield Edit(Verb.SWAP, lines=lines)
        for one in self._either(w.swap, rf"{_LINE}{_NEAR}{w.both}{_NEAR}{_LINE}"):
            lines = (*self.sentence.lines[one[1]], *self.sentence.lines[one[2]])
            if len(lines) == 2:
                yield Edit(Verb.SWAP, lines=lines)
        for one in self._either(w.swap, rf"{_CODE}{_NEAR}{w.both}{_NEAR}{_CODE}"):
            yield self._edit(Verb.SWAP, one[1], one[2])

    def _indentations(self) -> Iterator[Edit]:
        w = self.words
        what = [self._code(sign).text for sign in re.findall(CODE, self.sentence.text)]
        has_return = _RETURN.search(self.sentence.text) is not None
        outwards, inwards = w.dedent, w.indent
        # What is to be moved must be named.
        if what or self._lines or has_return:
            outwards = rf"{outwards}|{w.place}[^.?!]{{0,80}}?{w.out_of}\s{w.block}"
            inwards = rf"{inwards}|{w.place}[^.?!]{{0,80}}?{w.into}\s{w.block}"
        found = next(self._find(outwards), None)
        verb = Verb.DEDENT if found else Verb.INDENT
        found = found or next(self._find(inwards), None)
        if found is None:
            return
        named = next(self._either(rf"(?:{w.dedent}|{w.indent})", _LINE), None)
        lines = self.sentence.lines[named[1]] if named else self._lines
        if named:
            what = []
        elif _RETURN.search(found[0]) or (has_return and not what and not lines):
            what = ["return"]
        yield from (Edit(verb, a, lines=lines) for a in what or [""])
        if what and lines:
            # «Line 5 should line up with the `for`.»
            yield Edit(verb, lines=lines)
