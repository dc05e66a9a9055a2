"""Texts of a lesson and its course that give away what a program to predict prints."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal, assert_never

from courses import output_leaks
from courses.document import Document, Place
from courses.facts import CodeStep, ExplainStep, File, PredictStep, QuizStep, Step
from courses.languages import Language
from courses.lesson_reader import LoadedLesson
from courses.output_leaks import Leak
from courses.problems import Mark, Problem, Severity, quoted
from courses.reader import Reader

# Where a text stands as seen from the step with the prediction: in that step or around it, so that
# it is about its program; in a step before it; or only told to the tutor, who may repeat it: as a
# belief about the program, or as something else.
Nearness = Literal["own", "before", "belief", "tutor"]


@dataclass(frozen=True)
class Text:
    """A text that a student or the tutor can read before the prediction."""

    document: Document
    place: Place
    words: str
    title: str
    nearness: Nearness
    # Of comments: the code around them, blanks in their place.
    code: str = ""


def add_leaks(reader: Reader, course: Document, lesson: LoadedLesson) -> None:
    """Add what gives an output of the lesson away to the reader's problems."""
    for n, step in enumerate(lesson.source.steps):
        if isinstance(step, PredictStep):
            if step.output.strip() and not _is_input(step, reader.language):
                by_lines = not _has_all_lines(step, reader.language)
                for text in (*_in_lesson(lesson, n, reader.language), *_in_course(reader, course)):
                    if found := _found_in(text, step, by_lines):
                        reader.problems.append(_problem(reader, text, step, found))
            _add_same_programs(reader, lesson, step)


def _found_in(text: Text, step: PredictStep, by_lines: bool) -> Leak | None:
    guesses = tuple(guess.output for guess in step.misconceptions)
    found = output_leaks.leak(step.output, text.words, guesses, by_lines=by_lines)
    if found is None:
        return None
    match text.nearness:
        case "own":
            beside_code = _is_beside_code(text, found.start, step.output)
            return replace(found, certainty="claimed") if beside_code else found
        case "before" | "belief":
            return found if found.telling or found.certainty == "claimed" else None
        case "tutor":
            return found if found.telling else None
        case _:
            assert_never(text.nearness)


def _is_beside_code(text: Text, start: int, output: str) -> bool:
    """True for a comment that is the output and nothing else, in a line with code."""
    begin = text.words.rfind("\n", 0, start) + 1
    line = text.words[begin:].partition("\n")[0]
    has_code = bool(text.code[begin : begin + len(line)].strip())
    return has_code and line.strip(" \t->=→⇒:`") == output.strip()


def _is_input(step: PredictStep, language: Language) -> bool:
    """True for a value that the program itself holds, or reads: to name it says nothing."""
    code, _ = language.split_comments(step.program)
    files = (file.text for file in step.files if file.path in code)
    places = (output_leaks.places_of(step.output, text) for text in (code, step.stdin, *files))
    return any(next(one, None) is not None for one in places)


def _has_all_lines(step: PredictStep, language: Language) -> bool:
    """True where each line that is printed stands in the program: to name them all says nothing."""
    code, _ = language.split_comments(step.program)
    lines = (line for line in step.output.splitlines() if line.strip())
    return all(next(output_leaks.places_of(line, code), None) is not None for line in lines)


def _problem(reader: Reader, text: Text, step: PredictStep, found: Leak) -> Problem:
    said = "says what" if found.certainty == "claimed" else "may give away what"
    advice = "Leave it out, or change the program."
    who = " to the tutor" if text.nearness in ("belief", "tutor") else ""
    message = (
        f"{text.title} {said} the program of `{step.id}` prints, before it was predicted{who}: "
        f"{quoted(step.output.strip())}. {advice}"
    )
    file, mark = _where(reader, text, found.start)
    return Problem.at(file, mark, message, _severity(text, found))


def _severity(text: Text, found: Leak) -> Severity:
    """An error only where it cannot be about something else."""
    sure = found.certainty == "claimed" and text.nearness == "own"
    return "error" if sure else "warning"


def _where(reader: Reader, text: Text, start: int) -> tuple[str, Mark]:
    """The place of the leak in the file that the lesson names, or of the text in the lesson."""
    named = text.document.value(text.place) if text.place in text.document.places else None
    folder = PurePosixPath(text.document.file).parent
    file = (folder / named).as_posix() if isinstance(named, str) else ""
    if file in reader.texts:
        line = text.words.count("\n", 0, start) + 1
        return file, Mark(line, start - (text.words.rfind("\n", 0, start) + 1) + 1)
    return text.document.file, text.document.mark(text.place)


# Texts -------------------------------------------------------------------------------------------


def _in_lesson(lesson: LoadedLesson, n: int, language: Language) -> Iterator[Text]:
    """The texts of a lesson that are seen before step `n`, or told to the tutor."""
    document, source = lesson.document, lesson.source
    yield Text(document, ("title",), source.title, "The lesson's title", "own")
    yield Text(document, ("summary",), source.summary, "The lesson's summary", "own")
    for m, step in enumerate(source.steps):
        nearness: Nearness = "own" if m == n else "before"
        whose = "" if m == n else f" of the step `{step.id}`"
        if m <= n:
            for place, words, title, code in _shown(step, language):
                where: Place = ("steps", m, *place)
                yield Text(document, where, words, f"{title}{whose}", nearness, code)
        for place, words, title in _told(step):
            told: Nearness = "belief" if m == n else "tutor"
            yield Text(document, ("steps", m, *place), words, f"{title}{whose}", told)


def _in_course(reader: Reader, course: Document) -> Iterator[Text]:
    for key in ("title", "description", "instructions"):
        nearness: Nearness = "tutor" if key == "instructions" else "before"
        words = course.value((key,)) if (key,) in course.places else None
        if isinstance(words, str):
            said = reader.texts.get(words, words)
            yield Text(course, (key,), said, f"The course's `{key}`", nearness)


# Place in the step, words, title, and of comments the code around them.
Shown = tuple[Place, str, str, str]


def _shown(step: Step, language: Language) -> Iterator[Shown]:
    """What a student sees of a step without doing anything, and the hints they may ask for."""
    yield ("title",), step.title, "The title", ""
    yield ("prompt",), step.prompt, "The prompt", ""
    match step:
        case ExplainStep() | PredictStep():
            yield ("program",), *_comments(step.program, "the program", language)
        case CodeStep():
            yield ("starter",), *_comments(step.starter, "the starter", language)
            for i, hint in enumerate(step.hints):
                yield ("hints", i, "text"), hint.text, f"The hint of level {hint.level}", ""
        case QuizStep():
            for i, choice in enumerate(step.choices):
                yield ("choices", i, "because"), choice.because, "What is said of a choice", ""
        case _:
            assert_never(step)
    if isinstance(step, CodeStep | PredictStep):
        yield from _files(step.files, language)


def _files(files: tuple[File, ...], language: Language) -> Iterator[Shown]:
    counts = {True: 0, False: 0}
    for file in files:
        place: Place = ("files" if file.editable else "data", counts[file.editable])
        counts[file.editable] += 1
        if language.names_file(file.path):
            yield place, *_comments(file.text, f"`{file.path}`", language)
        else:
            yield place, file.text, f"The file `{file.path}`", ""


def _comments(program: str, of: str, language: Language) -> tuple[str, str, str]:
    code, words = language.split_comments(program)
    return words, f"A comment of {of}", code


def _told(step: Step) -> Iterator[tuple[Place, str, str]]:
    """What of a step only the tutor is told, in words."""
    beliefs: list[tuple[str, str]] = []
    if isinstance(step, CodeStep):
        beliefs = [(each.id, each.belief) for each in step.misconceptions]
        yield ("explain_back",), step.explain_back, "`explain_back`"
    elif isinstance(step, PredictStep):
        beliefs = [(each.id, each.belief) for each in step.misconceptions]
    for i, (id_, belief) in enumerate(beliefs):
        yield ("misconceptions", i, "belief"), belief, f"The belief of `{id_}`"


# Programs ----------------------------------------------------------------------------------------


def _add_same_programs(reader: Reader, lesson: LoadedLesson, predicted: PredictStep) -> None:
    """Warn of steps in which the program to predict can simply be run."""
    wanted = _bare(predicted.program, reader.language)
    for n, step in enumerate(lesson.source.steps):
        match step:
            case ExplainStep(program=program):
                key = "program"
            case CodeStep(starter=program):
                key = "starter"
            case _:
                continue
        if _bare(program, reader.language) == wanted:
            message = (
                f"This is the program of `{predicted.id}`: run here, it shows what is to be "
                "predicted there. Change one of the two."
            )
            reader.add_warning(lesson.document, ("steps", n, key), message)


def _bare(program: str, language: Language) -> str:
    """Without comments and blanks."""
    return "".join(language.split_comments(program)[0].split())
