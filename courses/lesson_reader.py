"""A lesson's folder -> `LessonSource`, or everything wrong with it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, assert_never

from pydantic import TypeAdapter

from courses import facts, rule_checks, scalars, schema
from courses.audience import Rule
from courses.document import Document, Place
from courses.grading import difference
from courses.problems import did_you_mean, quoted
from courses.reader import Named, Reader, texts_in

_LESSON = TypeAdapter(schema.LessonFile)
_CASES = TypeAdapter(schema.CaseList)

# Files beside a program, as many as the sandbox takes.
MAX_FILES = 20


@dataclass(frozen=True)
class LoadedLesson:
    """A lesson that was read, and the file it stands in."""

    document: Document
    source: facts.LessonSource


def read_lesson(reader: Reader, document: Document) -> LoadedLesson | None:
    """The lesson in `document`, all of whose problems go to the reader."""
    before = len(reader.problems)
    form = reader.form(_LESSON, schema.LessonFile, document)
    refuse_repeated_ids(reader, document)
    _check_misconception_ids(reader, document)
    files = _Files.named_in(reader, document)
    if form is None or len(reader.problems) > before:
        return None
    steps = tuple(files.step(step, ("steps", n)) for n, step in enumerate(form.steps))
    _check_steps(reader, document, steps)
    source = facts.LessonSource(
        id=form.id,
        title=form.title,
        summary=form.summary,
        steps=steps,
        was=tuple(form.was),
        skills=tuple(form.skills),
        prerequisites=tuple(form.prerequisites),
    )
    return LoadedLesson(document, source)


# Checks beyond the schema ------------------------------------------------------------------------


def refuse_repeated_ids(reader: Reader, document: Document) -> None:
    """An id stands once in its list, and is no other entry's `was`."""
    seen: set[tuple[Place, str]] = set()
    for place, text in texts_in(document):
        if len(place) > 1 and place[-1] == "id":
            # The list they stand in, and the id.
            spot = (place[:-2], text)
            if spot in seen:
                reader.add_error(
                    document, place, f"The id {quoted(text)} stands twice in this list."
                )
            seen.add(spot)
    for place, text in texts_in(document):
        if len(place) > 3 and place[-2] == "was" and (place[:-3], text) in seen:
            reader.add_error(
                document, place, f"The id {quoted(text)} is still in use in this list."
            )


def _check_misconception_ids(reader: Reader, document: Document) -> None:
    """`catches` beside the step names misconceptions of the step."""
    for place, text in texts_in(document):
        match place:
            case ("steps", int(step), "tests", _, int(), "catches", int()):
                _check_misconception_id(
                    reader, document, place, text, _misconception_ids(document, step)
                )


def _check_misconception_id(
    reader: Reader, document: Document, place: Place, text: str, known: Iterable[str]
) -> None:
    if text not in known:
        message = f"The step has no misconception {quoted(text)}.{did_you_mean(text, known)}"
        reader.add_error(document, place, message)


def _misconception_ids(document: Document, step: int) -> list[str]:
    return [
        text
        for place, text in texts_in(document)
        if place[:3] == ("steps", step, "misconceptions") and place[4:] == ("id",)
    ]


def _check_steps(reader: Reader, document: Document, steps: tuple[facts.Step, ...]) -> None:
    """Checks across the parts of a step."""
    for n, step in enumerate(steps):
        match step:
            case facts.CodeStep():
                for found in rule_checks.findings(step, reader.language):
                    reader.add_finding(document, ("steps", n), found)
                _check_misconceptions(reader, document, n, step)
                _check_files_beside(reader, document, n)
            case facts.PredictStep():
                _check_predictions(reader, document, n, step)
                _check_files_beside(reader, document, n)
            case facts.ExplainStep() | facts.QuizStep():
                pass
            case _:
                assert_never(step)


def _check_misconceptions(reader: Reader, document: Document, n: int, step: facts.CodeStep) -> None:
    """Without a witness, a visible case must catch the misconception: it may be talked about."""
    caught = {misconception for case in step.visible for misconception in case.catches}
    for i, misconception in enumerate(step.misconceptions):
        if not misconception.witness and misconception.id not in caught:
            message = (
                f"No visible case catches `{misconception.id}`: in a {reader.language.title} "
                "course it takes one to show that a belief is wrong."
            )
            reader.add_error(document, ("steps", n, "misconceptions", i), message)


def _check_files_beside(reader: Reader, document: Document, n: int) -> None:
    seen: set[str] = set()
    for place, path in texts_in(document):
        if place[:2] == ("steps", n) and len(place) == 4 and place[2] in ("files", "data"):
            if path in seen:
                reader.add_error(document, place, f"The file {quoted(path)} stands twice here.")
            if path == reader.language.main_file:
                message = f"`{path}` is the name of the student's own program."
                reader.add_error(document, place, message)
            seen.add(path)
    if len(seen) > MAX_FILES:
        message = f"There are {len(seen)} files beside the program; at most {MAX_FILES}."
        reader.add_error(document, ("steps", n), message)


def _check_predictions(reader: Reader, document: Document, n: int, step: facts.PredictStep) -> None:
    for i, guess in enumerate(step.misconceptions):
        if difference(step.output, guess.output) is None:
            place = ("steps", n, "misconceptions", i, "output")
            reader.add_error(document, place, "This is what the program prints: no false belief.")


# Files -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Files:
    """Texts and cases in the files that a lesson names, by the place that names them."""

    texts: dict[Place, str]
    cases: dict[Place, tuple[facts.Case, ...]]

    @classmethod
    def named_in(cls, reader: Reader, document: Document) -> "_Files":
        """Looks at the file as it is, not at the form: files are checked even where that fails."""
        files = cls({}, {})
        for place, name in texts_in(document):
            match place:
                case ("steps", int(step), "variants", int(), *rest) | ("steps", int(step), *rest):
                    files._take(reader, Named(document, place), name, tuple(rest), step)
        return files

    def _take(self, reader: Reader, named: Named, name: str, key: Place, step: int) -> None:
        text: str | None = None
        match key:
            case ("prompt",) if re.fullmatch(scalars.MARKDOWN_FILE, name):
                text = reader.prose(name, named)
            case ("starter" | "solution" | "program",) | (
                "misconceptions",
                int(),
                "seen_in",
                int(),
            ) if reader.language.names_file(name):
                text = reader.program(name, named)
            case ("files", int()) if reader.language.names_file(name):
                text = reader.program(name, named)
            case ("files" | "data", int()) if re.fullmatch(scalars.BESIDE, name):
                text = reader.text(name, named)
            case ("tests", "visible" | "hidden") if re.fullmatch(scalars.YAML_FILE, name):
                misconceptions = _misconception_ids(named.document, step)
                self.cases[named.place] = _cases_in(reader, name, named, misconceptions)
        if text is not None:
            self.texts[named.place] = text

    # From the form to facts

    def step(self, form: schema.Step, at: Place) -> facts.Step:
        """The step at `at`. Only for a lesson without problems."""
        match form:
            case schema.CodeStep():
                return self._code(form, at)
            case schema.ExplainStep():
                program = self._text(form.program or "", (*at, "program"))
                return facts.ExplainStep(
                    form.id, "explain", self._text(form.prompt, (*at, "prompt")),
                    title=form.title or "", was=tuple(form.was), program=program,
                )  # fmt: skip
            case schema.PredictStep():
                return self._predict(form, at)
            case schema.QuizStep():
                choices = tuple(
                    facts.Choice(choice.text, choice.correct, choice.because or "")
                    for choice in form.choices
                )
                return facts.QuizStep(
                    form.id, "quiz", self._text(form.prompt, (*at, "prompt")), choices,
                    title=form.title or "", was=tuple(form.was),
                )  # fmt: skip
            case _:
                assert_never(form)

    def _predict(self, form: schema.PredictStep, at: Place) -> facts.PredictStep:
        return facts.PredictStep(
            id=form.id,
            kind="predict",
            prompt=self._text(form.prompt, (*at, "prompt")),
            program=self._text(form.program, (*at, "program")),
            output=form.output,
            title=form.title or "",
            was=tuple(form.was),
            stdin=form.stdin,
            files=self._beside(form.files, form.data, at),
            misconceptions=tuple(
                facts.PredictionMisconception(part.id, part.belief, part.output)
                for part in form.misconceptions
            ),
        )

    def _code(self, form: schema.CodeStep, at: Place) -> facts.CodeStep:
        visible, hidden = self._groups(form.tests, at)
        return facts.CodeStep(
            id=form.id,
            kind="code",
            prompt=self._text(form.prompt, (*at, "prompt")),
            starter=self._text(form.starter, (*at, "starter")),
            visible=visible,
            hidden=hidden,
            solution=self._text(form.solution, (*at, "solution")),
            misconceptions=tuple(
                facts.Misconception(part.id, part.belief, part.witness or "", part.predicts or "")
                for part in form.misconceptions
            ),
            wrong=tuple(
                facts.WrongProgram(
                    part.id, file, self.texts[*at, "misconceptions", n, "seen_in", i]
                )
                for n, part in enumerate(form.misconceptions)
                for i, file in enumerate(part.seen_in)
            ),
            hints=tuple(_hint(hint) for hint in form.hints),
            explain_back=form.explain_back or "",
            title=form.title or "",
            was=tuple(form.was),
            files=self._beside(form.files, form.data, at),
            stdin=form.stdin,
            limits=_limits(form.tests),
            rules=_rules(form),
            variants=tuple(
                self._variant(part, (*at, "variants", n)) for n, part in enumerate(form.variants)
            ),
            share_solution=form.share_solution,
        )

    def _variant(self, form: schema.VariantPart, at: Place) -> facts.Variant:
        visible, hidden = self._groups(form.tests, at)
        return facts.Variant(
            id=form.id,
            prompt=self._text(form.prompt, (*at, "prompt")),
            starter=self._text(form.starter, (*at, "starter")),
            visible=visible,
            hidden=hidden,
            solution=self._text(form.solution, (*at, "solution")),
        )

    def _text(self, said: str, place: Place) -> str:
        """The text of the file named at `place`; without one, the value there itself."""
        inline = said if said.endswith("\n") or not said else f"{said}\n"
        return self.texts.get(place, inline)

    def _beside(self, programs: list[str], data: list[str], at: Place) -> tuple[facts.File, ...]:
        return tuple(
            facts.File(path, self.texts[*at, key, n], editable=key == "files")
            for key, paths in (("files", programs), ("data", data))
            for n, path in enumerate(paths)
        )

    def _groups(
        self, tests: schema.TestsPart, at: Place
    ) -> tuple[tuple[facts.Case, ...], tuple[facts.Case, ...]]:
        def group(said: str | list[schema.CasePart] | None, name: str) -> tuple[facts.Case, ...]:
            if isinstance(said, str):
                return self.cases[*at, "tests", name]
            return _cases(said or [])

        return group(tests.visible, "visible"), group(tests.hidden, "hidden")


def _cases_in(
    reader: Reader, name: str, named: Named, misconceptions: list[str]
) -> tuple[facts.Case, ...]:
    document = reader.document(name, named)
    if document is None:
        return ()
    form = reader.form(_CASES, schema.CaseList, document)
    for place, text in texts_in(document):
        match place:
            case (int(), "catches", int()):
                _check_misconception_id(reader, document, place, text, misconceptions)
    return _cases(form or [])


def _cases(parts: list[schema.CasePart]) -> tuple[facts.Case, ...]:
    return tuple(
        facts.Case(
            call=part.call or "",
            expect=part.expect,
            tolerance=part.tolerance or 0.0,
            stdin=part.stdin,
            stdout=part.stdout,
            raises=part.raises or "",
            message=part.message or "",
            catches=tuple(part.catches),
        )
        for part in parts
    )


def _hint(part: schema.HintPart) -> facts.Hint:
    return facts.Hint(
        part.text, part.level, part.after_attempts or 0, part.after_minutes or 0, part.error or ""
    )


def _limits(tests: schema.TestsPart) -> facts.CaseLimits:
    return facts.CaseLimits(tests.time_limit_s, tests.memory_limit_mb, tests.output_limit_kb)


def _rules(form: schema.CodeStep) -> tuple[Rule, ...]:
    found: list[Rule] = []
    verbs: tuple[Literal["require", "forbid"], ...] = ("require", "forbid")
    for verb, part in zip(verbs, (form.require, form.forbid), strict=True):
        if part is not None:
            found += [Rule(verb, "construct", name) for name in part.constructs]
            found += [Rule(verb, "call", name) for name in part.calls]
            found += [Rule(verb, "import", name) for name in part.imports]
    return tuple(found)
