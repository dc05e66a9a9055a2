"""Frames from the browser as events of the turn and commands of the student."""

from typing import Any, assert_never

from tutor.protocol import frames
from tutor.protocol.commands import (
    StudentAnswered,
    StudentCommand,
    StudentDismissed,
    StudentEdited,
    StudentRan,
    StudentReadOlder,
    StudentRestored,
    StudentStoppedRun,
    StudentTried,
    StudentTyped,
    StudentWent,
)
from tutor.protocol.events import (
    Event,
    StudentAskedHint,
    StudentRetried,
    StudentSaid,
    StudentStopped,
)


def event_of(frame: frames.FromBrowser) -> Event | StudentCommand:
    """The event or the command that a frame brings; not for `ping` and `checked`."""
    match frame:
        case frames.Say():
            return StudentSaid(frame.id, frame.text, **_draft(frame))
        case frames.Hint():
            return StudentAskedHint(frame.id, **_draft(frame))
        case frames.Stop():
            return StudentStopped()
        case frames.Again():
            return StudentRetried()
        case frames.Ping() | frames.Checked():
            raise AssertionError("answered before")
        case _:
            return _command(frame)


def _command(  # noqa: C901  # a line per frame
    frame: frames.RunCode | frames.Input | frames.StopRun | frames.TryFrame | frames.Answer
    | frames.Go | frames.Edit | frames.Restore | frames.Dismiss | frames.Older,
) -> StudentCommand:  # fmt: skip
    match frame:
        case frames.RunCode():
            return StudentRan(
                frame.id, **_draft(frame), stdin=frame.stdin, interactive=frame.interactive
            )
        case frames.Input(id=id, text=text, ends=ends):
            return StudentTyped(id, text, ends)
        case frames.StopRun(id=id):
            return StudentStoppedRun(id)
        case frames.CheckCode() | frames.Predict() | frames.Choose():
            return StudentTried(frame)
        case frames.Answer(id=id, prediction=prediction, text=text):
            return StudentAnswered(id, prediction, text)
        case frames.Go(step=step):
            return StudentWent(step)
        case frames.Edit():
            return StudentEdited(frame.id, **_draft(frame))
        case frames.Restore(id=id, step=step, base=base, version=version):
            return StudentRestored(id, step, base, version)
        case frames.Dismiss(step=step, version=version):
            return StudentDismissed(step, version)
        case frames.Older(before=before):
            return StudentReadOlder(before)
        case _:
            assert_never(frame)


def _draft(frame: frames.Say | frames.RunCode | frames.Edit | frames.Hint) -> dict[str, Any]:
    """The fields of a program; see revisions.Draft."""
    return {
        "step": frame.step,
        "code": frame.code,
        "files": frame.files,
        "base": frame.base,
        "version": frame.version,
        "page": frame.page,
        "cause": frame.cause,
    }
