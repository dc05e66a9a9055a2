"""The events that mean the same whatever the turn is at. Pure."""

from typing import assert_never

from tutor.protocol import frames
from tutor.protocol.actions import Action, BeginTurn, SaveUsage, Show
from tutor.protocol.events import (
    AttemptUpdated,
    ModelCharged,
    ModelReachable,
    ModelWarmed,
    RunPrinted,
    StudentAskedHint,
    StudentSaid,
)

Unconditional = (
    StudentSaid
    | StudentAskedHint
    | ModelWarmed
    | ModelCharged
    | ModelReachable
    | RunPrinted
    | AttemptUpdated
)


def action_for(event: Unconditional) -> Action:
    """The one action that follows on `event`."""
    match event:
        case StudentSaid() | StudentAskedHint():
            return BeginTurn(event)
        case ModelWarmed(response_id, usage) | ModelCharged(response_id, usage):
            return SaveUsage(response_id, usage)
        case ModelReachable(reachable, message):
            state = "ready" if reachable else "unavailable"
            return Show(frames.TutorChanged(state=state, message=message))
        case RunPrinted(run, stream, text, begun, seq):
            return Show(frames.Output(run=run, begun=begun, seq=seq, stream=stream, text=text))
        case AttemptUpdated(view):
            return Show(frames.AttemptChanged(attempt=view))
        case _:
            assert_never(event)
