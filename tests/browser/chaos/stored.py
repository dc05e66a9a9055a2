"""A page held against the rows: what it shows is what is stored, no more and no less."""

import re
from typing import Any, Final

from tests.browser.chaos.site import Student, Tab
from tests.polling import LOOK_S, wait_until

# Long enough for a program that is tried again, and for a page that asks for its last waits.
QUIET_S: Final = 45.0

# What is shown of the dialogue, and what is still under way.
SHOWN: Final = """() => {
  const words = (name) =>
    document.querySelector(`[role=status][aria-label="${name}"]`)?.textContent ?? "";
  const under = (query) => [...document.querySelectorAll(query)].map((one) => one.textContent);
  return {
    items: [...document.querySelectorAll("[role=log] :is(article, .run-card, .offer)")].map(
      (one) => [one.getAttribute("aria-label") ?? "", one.textContent]),
    connection: words("Connection"),
    tutor: words("Tutor state"),
    saved: document.querySelector(".saved-mark")?.textContent ?? "",
    pending: under(".tail article, .tail .doing, .tail .run-card, [aria-busy=true]"),
    output: under("#output .transcript").join(""),
    check: under("#check .figures").join(""),
  };
}"""
NAMES: Final = {"student": "You", "tutor": "Tutor", "prediction": "Prediction"}


def ends_as_stored(tab: Tab, code: str, *said: str) -> None:
    """Wait until the page is online and quiet; then it shows exactly the stored dialogue, the
    program is `code` here and there, and each message that was `said` is stored once."""
    found: list[str] = []

    def holds() -> bool:
        found[:] = under_way(tab) or differences(tab, code, said)
        if found:
            tab.page.wait_for_timeout(20 * LOOK_S * 1_000)
        return not found

    try:
        wait_until(holds, QUIET_S)
    except AssertionError:
        raise AssertionError("\n".join(found)) from None


def under_way(tab: Tab) -> list[str]:
    """What the page is still at."""
    shown = tab.page.evaluate(SHOWN)
    wanted = {"connection": "Online", "tutor": "Ready", "saved": "Saved", "pending": []}
    return [f"{name} is {shown[name]!r}" for name, value in wanted.items() if shown[name] != value]


def differences(tab: Tab, code: str, said: tuple[str, ...]) -> list[str]:
    """Where page, rows and what the student did part."""
    student = tab.device.student
    hello = student.hello()
    shown = tab.page.evaluate(SHOWN)
    found = [*_of_dialogue(hello["items"], shown["items"]), *_of_rows(student, hello, said)]
    step = next(one for one in hello["steps"] if one["id"] == hello["step"])
    kept = {step["code"], *(version["code"] for version in step["versions"])}
    if tab.text != code:
        found.append(f"the editor holds {tab.text!r}, typed was {code!r}")
    if code not in kept:
        found.append(f"stored is {kept!r}, typed was {code!r}")
    if (run := hello["last_run"]) and shown["output"] != _printed(run):
        found.append(f"the output is {shown['output']!r}, stored is {_printed(run)!r}")
    if (last := step["last"]) and shown["check"] != f"attempt {last['number']}":
        found.append(f"the check is {shown['check']!r}, stored is attempt {last['number']}")
    return found


def _of_dialogue(stored: list[dict[str, Any]], shown: list[tuple[str, str]]) -> list[str]:
    if len(stored) != len(shown):
        kinds = [item["kind"] for item in stored]
        return [f"{len(shown)} items are shown, {len(stored)} are stored: {shown} {kinds}"]
    return [
        f"{text!r} ({label}) is shown for {item}"
        for item, (label, text) in zip(stored, shown, strict=True)
        if not _shows(item, label, text)
    ]


def _shows(item: dict[str, Any], label: str, text: str) -> bool:
    letters = _letters(text)
    match item:
        case {"kind": "student", "text": said}:
            return (label, text) == (NAMES["student"], said)
        case {"kind": "tutor", "text": said}:
            return label == NAMES["tutor"] and letters == _letters(said)
        case {"kind": "run", "run": run}:
            return all(_letters(piece["text"]) in letters for piece in run["output"])
        case {"kind": "prediction", "prediction": asked}:
            parts = (asked["question"], asked["said"], asked["gave"])
            return label == NAMES["prediction"] and all(_letters(one) in letters for one in parts)
        case {"kind": "hint", "level": level, "text": hint}:
            return label == f"Hint {level}" and _letters(hint) in letters
        case _:  # an offer is a button
            return True


def _of_rows(student: Student, hello: dict[str, Any], said: tuple[str, ...]) -> list[str]:
    """What is stored twice, or not at all."""
    rows, here = student.site.room.rows, hello["conversation"]
    found = [
        f"{text!r} is stored {count} times"
        for text in said
        if (count := sum(item.get("text") == text for item in hello["items"])) != 1
    ]
    states = "select state from tutor_turn where conversation_id = ? and state = 'running'"
    if rows(states, here):
        found.append("a turn is on")
    twice = (
        "select client_id, count(*) from tutor_item where conversation_id = ? and client_id != ''"
        " group by client_id having count(*) > 1"
    )
    return found + [f"{name} is stored {count} times" for name, count in rows(twice, here)]


def _printed(run: dict[str, Any]) -> str:
    return "".join(piece["text"] for piece in run["output"])


def _letters(text: str) -> str:
    """Of Markdown and of what is drawn of it the same."""
    return re.sub(r"[\W_]", "", re.sub(r"```\w*", "", text))
