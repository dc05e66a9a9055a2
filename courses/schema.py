"""The course format: what `course.yaml`, `lesson.yaml` and files of cases may hold.

Only the form. What the files named here contain, and whether they exist, is `source.py`'s affair.
A docstring here is also what an author's editor and the reference say of the part.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    model_validator,
)

from courses import scalars
from courses.languages import constructs
from courses.part import Part
from courses.problems import did_you_mean, quoted
from courses.scalars import NeedsSyntax, format_error, language_of
from courses.tutoring import ModelPart, PolicyPart, QuotasPart

KINDS = ("explain", "code", "predict", "quiz")


def _few(most: int, least: int = 0) -> Any:
    return Field(min_length=least, max_length=most)


Was = Annotated[list[scalars.Id], _few(20)]
Skills = Annotated[list[scalars.Id], _few(20)]


class CasePart(Part):
    """What is asked of the program, and what must come of it."""

    call: Annotated[scalars.Expression | None, NeedsSyntax] = Field(
        None,
        description="A Python expression to evaluate; without it, the program itself is run.",
    )
    stdin: scalars.Output = Field("", description="What the program can read from its input.")
    expect: Annotated[scalars.Literal, NeedsSyntax] = Field(
        None, description="The value that the call must give."
    )
    tolerance: Annotated[Annotated[float, Field(gt=0, le=1e9)] | None, NeedsSyntax] = Field(
        None, description="How far a float in the value may be off."
    )
    stdout: scalars.Output | None = Field(
        None,
        description="What must be printed; blanks at line ends and a last line's end do not count.",
    )
    raises: Annotated[scalars.Exceptional | None, NeedsSyntax] = Field(
        None, description="The exception that the call must raise."
    )
    message: Annotated[scalars.Text | None, NeedsSyntax] = Field(
        None, description="What the exception's message must contain."
    )
    catches: Skills = Field(
        [], description="Misconceptions whose wrong programs must fail this case."
    )

    @model_validator(mode="after")
    def _hangs_together(self, info: ValidationInfo) -> Self:
        expected = self.expect is not None
        has_values = language_of(info).syntax is not None
        needed = "`expect`, `stdout` or `raises`" if has_values else "`stdout`"
        for wrong, message in (
            (
                not expected and self.stdout is None and self.raises is None,
                f"A case needs {needed}: what must come of it.",
            ),
            (expected and self.call is None, "`expect` needs a `call` that gives the value."),
            (expected and self.raises is not None, "A case has `expect` or `raises`, not both."),
            (
                self.message is not None and self.raises is None,
                "`message` needs `raises` beside it.",
            ),
            (self.tolerance is not None and not expected, "`tolerance` needs `expect` beside it."),
        ):
            if wrong:
                raise format_error("case", message)
        return self


CaseList = Annotated[list[CasePart], _few(200, 1)]


def _file_or_list(value: Any) -> str:
    return "file" if isinstance(value, str) else "list"


Cases = Annotated[
    Annotated[scalars.CasesFile, Tag("file")] | Annotated[CaseList, Tag("list")],
    Discriminator(_file_or_list),
]


class TestsPart(Part):
    """What decides. Students see the visible cases only, and not what they expect."""

    visible: Cases = Field(description="Cases, or the name of a YAML file with a list of cases.")
    hidden: Cases | None = Field(
        None, description="More cases, against programs that only fit the visible ones."
    )
    time_limit_s: Annotated[float, Field(gt=0, le=30)] | None = Field(
        None, description="Seconds that one case may take."
    )
    memory_limit_mb: Annotated[int, Field(ge=16, le=1024)] | None = Field(
        None, description="Megabytes that a program may take."
    )
    output_limit_kb: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="Kilobytes that one case may print."
    )


def _constructs(names: list[str], info: ValidationInfo) -> list[str]:
    syntax = language_of(info).syntax
    known = syntax.constructs if syntax else constructs()
    for name in names:
        if name not in known:
            advice = did_you_mean(name, known) or f" There are: {', '.join(known)}."
            raise format_error("construct", f"{quoted(name)} is not a construct.{advice}")
    return names


def _list_constructs(schema: dict[str, Any]) -> None:
    schema["items"] = {"enum": sorted(constructs())}


class RulesPart(Part):
    """What a program must use, or must not; read from its syntax tree."""

    constructs: Annotated[
        list[str], _few(20), AfterValidator(_constructs), Field(json_schema_extra=_list_constructs)
    ] = Field([], description="Parts of the language, such as `recursion` or `while`.")
    calls: Annotated[list[scalars.Dotted], _few(50)] = Field(
        [], description="Functions and methods, such as `sorted` or `list.sort`."
    )
    imports: Annotated[list[scalars.Dotted], _few(50)] = Field(
        [], description="Modules, such as `math`."
    )


class MisconceptionPart(Part):
    """A false belief, and what shows it to be false.

    In Python that is its `witness`, which must be there; in other languages a visible case whose
    `catches` names it.
    """

    id: scalars.Id
    belief: scalars.Text = Field(description="The belief as a student would say it.")
    witness: Annotated[scalars.Expression | None, NeedsSyntax] = Field(
        None, description="A call whose value surprises somebody who believes it."
    )
    predicts: Annotated[scalars.Literal, NeedsSyntax] = Field(
        None, description="The value they foretell. Without it: the value that the solution gives."
    )
    seen_in: Annotated[list[scalars.ProgramFile], _few(20)] = Field(
        [], description="Wrong programs that come from the belief."
    )

    @model_validator(mode="after")
    def _has_a_witness(self, info: ValidationInfo) -> Self:
        if self.witness is None and language_of(info).syntax is not None:
            raise format_error("witness", "The key `witness` is missing here.")
        return self


class GuessPart(Part):
    """A false belief, and the output that somebody with it predicts."""

    id: scalars.Id
    belief: scalars.Text = Field(description="The belief as a student would say it.")
    output: scalars.Output = Field(description="What they think the program prints.")


class HintPart(Part):
    """One rung of the ladder; level 1 says least."""

    level: Annotated[int, Field(ge=1, le=9)]
    text: scalars.Text
    after_attempts: Annotated[int, Field(ge=1, le=99)] | None = Field(
        None, description="Not before so many attempts."
    )
    after_minutes: Annotated[int, Field(ge=1, le=999)] | None = Field(
        None, description="Not before so many minutes in the step."
    )
    error: scalars.Exceptional | None = Field(
        None, description="Only after this error, such as SyntaxError; a ladder of its own."
    )


def _ladder(hints: list[HintPart]) -> list[HintPart]:
    for error in dict.fromkeys(hint.error for hint in hints):
        levels = [hint.level for hint in hints if hint.error == error]
        if levels != list(range(1, len(levels) + 1)):
            found = ", ".join(map(str, levels))
            where = f" for `{error}`" if error else ""
            raise format_error(
                "ladder",
                f"The levels of hints{where} must be 1, 2, 3 … in this order; here: {found}.",
            )
    return hints


class VariantPart(Part):
    """The same task in other clothes, for a check without help later."""

    id: scalars.Id
    prompt: scalars.Prose
    starter: scalars.Program
    tests: TestsPart
    solution: scalars.Program


class StepPart(Part):
    """What steps of all kinds have."""

    id: scalars.Id = Field(description="The step's name for good.")
    title: scalars.Line | None = None
    was: Was = Field([], description="Ids that the step had before.")
    prompt: scalars.Prose = Field(description="The name of a Markdown file, or the text itself.")


Files = Annotated[list[scalars.Beside], _few(20)]
PROGRAM_FILES = "Further files of the program, which the student sees and may change."
DATA_FILES = "Files that the program may read."


class CodeStep(StepPart):
    """A program to write or to mend."""

    kind: Literal["code"]
    starter: scalars.Program = Field(description="What the editor holds at first.")
    files: Files = Field([], description=PROGRAM_FILES)
    data: Files = Field([], description=DATA_FILES)
    stdin: scalars.Output = Field("", description="What the program can read when it is run.")
    tests: TestsPart
    require: Annotated[RulesPart | None, NeedsSyntax] = None
    forbid: Annotated[RulesPart | None, NeedsSyntax] = None
    misconceptions: Annotated[list[MisconceptionPart], _few(20)] = []
    hints: Annotated[list[HintPart], _few(30), AfterValidator(_ladder)] = []
    explain_back: scalars.Text | None = Field(
        None, description="What a student who is done should be able to explain."
    )
    solution: scalars.Program
    share_solution: bool = Field(False, description="Whether the tutor is told the solution.")
    variants: Annotated[list[VariantPart], _few(9)] = []


class ExplainStep(StepPart):
    """Something to read, perhaps with a program to try."""

    kind: Literal["explain"]
    program: scalars.Program | None = None


class PredictStep(StepPart):
    """A program whose output is predicted, and then seen."""

    kind: Literal["predict"]
    program: scalars.Program
    files: Files = Field([], description=PROGRAM_FILES)
    data: Files = Field([], description=DATA_FILES)
    stdin: scalars.Output = ""
    output: scalars.Output = Field(description="What the program prints. Students see it last.")
    misconceptions: Annotated[list[GuessPart], _few(20)] = []


class ChoicePart(Part):
    """An answer to choose."""

    text: scalars.Text
    correct: bool = False
    because: scalars.Text | None = Field(None, description="What is said after choosing it.")


def _one_is_right(choices: list[ChoicePart]) -> list[ChoicePart]:
    if not any(choice.correct for choice in choices):
        raise format_error("quiz", "No choice is `correct: true`.")
    if all(choice.correct for choice in choices):
        raise format_error("quiz", "Every choice is `correct: true`; there is nothing to choose.")
    return choices


class QuizStep(StepPart):
    """A question with answers to choose from. More than one may be correct."""

    kind: Literal["quiz"]
    choices: Annotated[list[ChoicePart], _few(9, 2), AfterValidator(_one_is_right)]


Step = Annotated[ExplainStep | CodeStep | PredictStep | QuizStep, Field(discriminator="kind")]


class LessonFile(Part):
    """`lesson.yaml`."""

    id: scalars.Id = Field(description="The lesson's name for good.")
    title: scalars.Line
    summary: scalars.Text = Field(description="A sentence for the list of lessons.")
    was: Was = Field([], description="Ids that the lesson had before.")
    skills: Skills = Field([], description="Skills of the course that the lesson practises.")
    prerequisites: Skills = Field([], description="Skills that it builds on.")
    steps: Annotated[list[Step], _few(50, 1)]


class SkillPart(Part):
    """Something to be able to do."""

    id: scalars.Id
    title: scalars.Line
    prerequisites: Skills = []


class ListedPart(Part):
    """A lesson that is not seen before a day or time."""

    folder: scalars.Folder
    release: scalars.Release = Field(description="Like 2027-01-31 or 2027-01-31T08:00.")


def _name_or_part(value: Any) -> str:
    return "name" if isinstance(value, str) else "part"


Listed = Annotated[
    Annotated[scalars.Folder, Tag("name")] | Annotated[ListedPart, Tag("part")],
    Discriminator(_name_or_part),
]


class CourseFile(Part):
    """`course.yaml`."""

    id: scalars.Id = Field(description="The course's name for good.")
    title: scalars.Line
    language: scalars.LanguageName = Field(description="What the programs are written in.")
    image: scalars.ImageName = Field(
        None,
        description="Where programs run: `plots` is Python with NumPy, pandas and Matplotlib.",
    )
    description: scalars.Text = Field(description="What the course is about, for students.")
    instructions: scalars.Text = Field(
        description="For the tutor, in all lessons: a text, or the name of a Markdown file."
    )
    skills: Annotated[list[SkillPart], _few(200)] = []
    tutor: PolicyPart | None = None
    model: ModelPart | None = None
    quotas: QuotasPart | None = None
    lessons: Annotated[list[Listed], _few(1_000, 1)] = Field(
        description="The lessons' folders, in the order in which students see them."
    )
