"""The calls of a response: what is done about each, and their outputs until all are known. Pure.

1. Calls are taken in order. A run is started. A move (a prediction asked for, a hint, an offer) is
   made: the server decides about it. A call that cannot be understood, or that would solve the
   step, gets an error, and counts for nothing else; the page is not shown that the latter wanted a
   run.
2. One move at a time: the first is made, whatever comes of it, and each later one refused.
3. Beside a prediction nothing is run, whichever comes first, and whether or not it may be asked,
   is withheld or can be understood: the run could show what the student is to foretell. Beside a
   hint or an offer runs are run.
4. Runs beyond those that the turn may make get an error.
5. The outputs are stored together, in the order of the calls, once all are known. So a response
   has all its outputs or none, and whoever takes the turn up decides about all of it again.
6. If all outputs say that something was asked, given or offered, the turn ends with them;
   otherwise the model is asked. As there is one move at a time, a turn ends with a move alone:

   calls of a response           outputs                            then
   run, run                      what came of each                  the model is asked
   move                          asked, given or offered            the turn ends
   move                          refused; of a hint also write      the model is asked
   move, move                    the first's own; refused           the model is asked
   hint or offer, run            both their own                     the model is asked
   prediction, run               the prediction's own; refused      the model is asked
   not understood, any           error; the other's as above        the model is asked
   withheld, any                 error; the other's as above        the model is asked
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from tutor.method.tools import (
    PREDICTION,
    asked_run,
    error_output,
    parse_call,
    refused_output,
    run_output,
)
from tutor.protocol import frames
from tutor.protocol.actions import MakeMove, Save, StartRun
from tutor.protocol.calls import HintCall, OfferCall, Payload, PredictionCall, RunCall, StoredCall
from tutor.protocol.events import MoveMade, RunRefused, RunUpdated
from tutor.turn import messages


@dataclass(frozen=True)
class OpenCall:
    """A call whose output is not stored.

    `order` is None where nothing is done about it; `output` is None until it is known. `not_run` is
    shown to the student in place of a run that is not made; of one that is `withheld` nothing is.
    """

    call_id: str
    order: StartRun | MakeMove | None = None
    output: Payload | None = None
    not_run: frames.RunView | None = None
    withheld: bool = False


def decide(calls: Sequence[StoredCall], runs_left: int) -> dict[int, OpenCall]:
    """The calls of one response, by the number of their item, with what is done about each.

    The turn may ask for `runs_left` more runs.
    """
    is_covered = any(call.payload.get("name") == PREDICTION for call in calls)
    has_moved = False
    decided: dict[int, OpenCall] = {}
    for stored in calls:
        call_id = str(stored.payload.get("call_id") or "")
        if stored.withheld:
            error = error_output(call_id, messages.WITHHELD)
            decided[stored.item] = OpenCall(call_id, output=error, withheld=True)
            continue
        match parse_call(stored):
            case RunCall() as run if is_covered:
                refused = refused_output(call_id, messages.RUN_BESIDE_PREDICTION)
                decided[stored.item] = _not_run(run, refused, messages.COULD_SHOW)
            case RunCall() as run if runs_left <= 0:
                error = error_output(call_id, messages.RUN_LIMIT)
                decided[stored.item] = _not_run(run, error, messages.NO_MORE_RUNS)
            case RunCall() as run:
                runs_left -= 1
                decided[stored.item] = OpenCall(call_id, StartRun(run))
            case PredictionCall() | HintCall() | OfferCall() if has_moved:
                refused = refused_output(call_id, messages.ONE_MOVE)
                decided[stored.item] = OpenCall(call_id, output=refused)
            case PredictionCall() | HintCall() | OfferCall() as move:
                has_moved = True
                decided[stored.item] = OpenCall(call_id, MakeMove(move))
            case error:
                decided[stored.item] = OpenCall(call_id, output=error)
    return decided


def _not_run(run: RunCall, output: Payload, why_not: str) -> OpenCall:
    return OpenCall(run.call_id, output=output, not_run=asked_run(run, why_not))


class OpenCalls:
    """The calls of the response that was stored last, until their outputs are stored too.

    Of a call the output that comes first counts; those of calls that are not open are passed over.
    """

    def __init__(self) -> None:
        # In their order, by the number of their item.
        self._calls: dict[int, OpenCall] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, calls: Sequence[StoredCall], runs_left: int) -> list[OpenCall]:
        """Take a response's calls in: what is done about each; see `decide`."""
        self._calls = decide(calls, runs_left)
        return list(self._calls.values())

    def take(self, event: RunUpdated | RunRefused | MoveMade) -> frames.RunView | None:
        """Go on with a call: what the page is shown then of a run."""
        match event:
            case RunUpdated(view):
                self.end_run(view)
                return view
            case RunRefused(item, output):
                return self.refuse_run(item, output)
            case MoveMade(item, output):
                self.decide_move(item, output)
                return None
            case _:
                assert_never(event)

    def end_run(self, view: frames.RunView) -> None:
        """A run has changed; nothing follows unless it is one of these and has ended."""
        if view.by != "tutor" or view.state in frames.GOING_ON:
            return
        for item, run in self._going_on():
            if run.run == view.id:
                self._answer(item, run_output(run.call_id, view))

    def refuse_run(self, item: int, output: Payload) -> frames.RunView:
        """A run may not be made: what the student is shown instead."""
        if item in dict(self._going_on()):
            self._answer(item, output)
        # Also after Stop: the page still waits for this run to begin.
        return asked_run(RunCall(item, call_id="", code=""), messages.COULD_SHOW)

    def decide_move(self, item: int, output: Payload) -> None:
        """A move has been granted or refused."""
        if item in self._calls and self._calls[item].output is None:
            self._answer(item, output)

    def stop(self) -> list[str]:
        """Answer the runs that are going on as stopped: their names.

        A move is not stopped: its output has to say what is stored of it.
        """
        runs = list(self._going_on())
        for item, run in runs:
            self._answer(item, error_output(run.call_id, messages.STOPPED))
        return [run.run for _, run in runs]

    def pop_outputs(self) -> Save | None:
        """The outputs of all calls, which are open no more, to be stored; those of withheld calls
        are withheld too. None while one is not known, or none is open.
        """
        calls = list(self._calls.values())
        outputs = tuple(call.output for call in calls if call.output)
        if not calls or len(outputs) < len(calls):
            return None
        self._calls = {}
        return Save(outputs, withheld=frozenset(at for at, one in enumerate(calls) if one.withheld))

    def clear(self) -> None:
        """Forget the calls."""
        self._calls = {}

    def _going_on(self) -> Iterator[tuple[int, RunCall]]:
        for item, call in list(self._calls.items()):
            if isinstance(call.order, StartRun) and call.output is None:
                yield item, call.order.call

    def _answer(self, item: int, output: Payload) -> None:
        self._calls[item] = replace(self._calls[item], output=output)
