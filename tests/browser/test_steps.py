"""A lesson of several steps in real Chromium: predict, try, fail, mend, pass."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, expect

from courses.facts import CodeStep, PredictStep
from courses.source import CourseSource, read
from tests.browser.conftest import FOUNDATIONS
from tests.browser.test_story import open_lesson, write
from tests.running import SAMPLE, Classroom

pytestmark = [pytest.mark.browser, pytest.mark.docker]

FIELD_SIZES = """
[...document.querySelectorAll("textarea, input[type=text]")].map(
  (field) => parseFloat(getComputedStyle(field).fontSize)
)
"""
# Right for what is shown, wrong for what is hidden: the sum of two numbers that differ is halved
# from left to right.
NEARLY = "def average(a, b):\n    return float(max(a, b) - abs(a - b) / 2) if a > 0 else 9.0\n"
# Not the author's own words, which are searched for.
RIGHT = "def average(one, other):\n    whole = one + other\n    return whole / 2\n"


class Wire:
    """Everything that reached a browser: pages, scripts' data, frames."""

    def __init__(self, page: Page) -> None:
        self.frames: list[str] = []
        self.pages: list[str] = []
        page.on("websocket", self._listen)
        page.on("response", self._keep)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))

    def _keep(self, response: object) -> None:
        url, kind = getattr(response, "url", ""), getattr(response, "headers", {})
        if "/lessons/" in url and "html" in kind.get("content-type", ""):
            self.pages.append(response.text())  # type: ignore[attr-defined]


def secrets() -> list[str]:
    """What must not reach a browser: hidden calls, the lines of solution and prediction."""
    source = read(FOUNDATIONS)
    assert isinstance(source, CourseSource)
    lesson = next(one for one in source.lessons if one.id == "functions")
    found: list[str] = []
    for step in lesson.steps:
        match step:
            case CodeStep():
                shown = {case.call for case in step.visible}
                found += [case.call for case in step.hidden if case.call not in shown]
                found += [line for line in step.solution.splitlines() if "return" in line]
                found += [line for v in step.variants for line in v.solution.splitlines()]
            case PredictStep():
                found += [guess.belief for guess in step.misconceptions]
    return found


def publish_another_version(room: Classroom, folder: Path) -> None:
    """The lesson under another title, with another case."""
    shutil.copytree(FOUNDATIONS, folder)
    for schema in SAMPLE.parent.glob("*.schema.json"):
        shutil.copy(schema, folder.parent)
    file = folder / "functions" / "lesson.yaml"
    text = file.read_text()
    renamed = text.replace("Giving something back", "Handing something out")
    file.write_text(renamed.replace('average(2, 4)", expect: 3.0', 'average(2, 6)", expect: 4.0'))
    assert file.read_text() != renamed != text
    said = room.manage("course", "import", str(folder))
    assert "1 changed" in said


def test_a_student_works_a_lesson_from_a_wrong_program_to_a_right_one(
    room: Classroom, foundations: None, ada: Page, tmp_path: Path
) -> None:
    wire = Wire(ada)
    ada.reload()
    open_lesson(ada, "Giving something back")

    # iOS zooms into fields of less than 16 px.
    desk = ada.viewport_size
    assert desk
    ada.set_viewport_size({"width": 390, "height": 844})
    sizes = ada.evaluate(FIELD_SIZES)
    assert len(sizes) > 1
    assert min(sizes) >= 16
    ada.set_viewport_size(desk)

    # She predicts, sees what comes, and goes on.
    ada.get_by_label("What will it print?").fill("Hello Ada\nHello Ada")
    ada.get_by_role("button", name="That is my prediction").click()
    expect(ada.get_by_text("It printed")).to_be_visible()
    expect(ada.get_by_text("None", exact=True)).to_be_visible()
    ada.get_by_role("region", name="Prediction").get_by_role("button", name="Continue").click()

    # The program the lesson begins with fails; her own passes what is shown and not what is hidden.
    check = ada.get_by_role("button", name="Check", exact=True)
    check.click()
    results = ada.get_by_role("region", name="Check")
    expect(results).to_contain_text("Not yet")
    expect(results.get_by_role("row").filter(has_text="Not passed")).to_have_count(3)
    write(ada, NEARLY)
    check.click()
    expect(results).to_contain_text("attempt 2")
    expect(results).to_contain_text(re.compile(r"\d of 4 hidden"))
    expect(results).to_contain_text("Not yet")

    # A syntax error is no attempt.
    write(ada, "def average(a, b:\n")
    check.click()
    expect(results).to_contain_text("line 1")
    expect(results).to_contain_text("not count")

    # Meanwhile a new version is published. She stays on hers, also after a reload.
    publish_another_version(room, tmp_path / "python-foundations")
    ada.reload()
    expect(ada.get_by_role("heading", name="Giving something back")).to_be_visible()
    expect(ada.get_by_role("textbox", name="Your program")).to_contain_text("def average(a, b:")
    expect(results).to_contain_text("not count")

    write(ada, RIGHT)
    check.click()
    expect(results).to_contain_text("Passed")
    expect(results).to_contain_text("attempt 3")
    expect(results).to_contain_text("average(2, 4)")
    expect(ada.get_by_role("button", name=re.compile("Program.*passed"))).to_be_visible()

    assert len(wire.frames) > 10
    assert len(wire.pages) >= 2
    everything = "\n".join([*wire.frames, *wire.pages, ada.content()])
    for secret in secrets():
        assert secret not in everything
    # The search finds what is there.
    assert "average(2, 4)" in everything


def test_what_a_student_types_reaches_the_program_while_it_runs(room: Classroom, ada: Page) -> None:
    open_lesson(ada, "Saving up")
    write(
        ada,
        "name = input('Your name? ')\nprint('Hello', name)\nage = int(input('Age? '))\n"
        "print('Next year you are', age + 1)\n",
    )
    ada.get_by_role("button", name="Run", exact=True).click()
    output = ada.get_by_role("region", name="Output")
    expect(output).to_contain_text("Your name?")
    answer = output.get_by_role("textbox")
    answer.fill("Ada")
    answer.press("Enter")
    expect(output).to_contain_text("Hello Ada")
    answer.fill("36")
    answer.press("Enter")
    expect(output).to_contain_text("Next year you are 37")
    expect(output).to_contain_text("exit code 0")
    # In the order in which it came, what was typed included; also after a reload.
    said = re.compile(r"Your name\? Ada\s+Hello Ada\s+Age\? 36\s+Next year you are 37")
    expect(output).to_contain_text(said)
    ada.reload()
    expect(output).to_contain_text(said)


def test_a_figure_is_shown_and_a_file_can_be_downloaded(room: Classroom, ada: Page) -> None:
    open_lesson(ada, "Pack your bag")
    pixel = (
        "import base64\n"
        "open('dot.png', 'wb').write(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAf"
        "FcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='))\n"
        "open('notes.html', 'w').write('<script>alert(1)</script>')\n"
    )
    write(ada, pixel)
    ada.get_by_role("button", name="Run", exact=True).click()
    output = ada.get_by_role("region", name="Output")
    picture = output.get_by_role("img", name="dot.png")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 1)  # it is shown before it has come
    with ada.expect_download() as download:
        output.get_by_role("link", name=re.compile("notes.html")).click()
    assert Path(download.value.path()).read_text() == "<script>alert(1)</script>"
