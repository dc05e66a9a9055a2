"""The browser's protocol, version 5: every frame, both ways, and nothing else.

Connect to `/ws/lessons/<course>/<lesson>?protocol=5` with the site's session cookie. A
page adds `&conversation=<id>` and is turned away where the cookie is somebody else's by now; and
`&page=<a name of its own>&device=<a name of the browser's>` (PageId), by which the history of a
program tells where a text came from. Every frame is one JSON object in one text message, told
apart by `type`. The server ignores nothing: a frame it does not understand is answered with
`refused` if it has an `id`, else with `error`; the connection stays.

A conversation, as a client sees it:

1. The first frame from the server is `hello`: the dialogue so far, the lesson's steps with what the
   student has done in them, the turn in progress if there is one. After a reconnect it comes again
   and replaces what the client knows. It holds the last items only, all from number `start` on;
   `older` asks for those before a number, and `items` brings them, with a `start` of their own. Of
   what is older than that, it holds the predictions that are open or being compared: `prediction`
   will tell of them. So a client may keep older items that it has had over a reconnect, if none is
   missing between them and `start`, and if no prediction among them is unsettled that `hello` does
   not hold: that one has been settled meanwhile.
2. `say` asks the tutor. The client chooses `id`. The server answers `accepted` once the message is
   stored, or `refused` with a reason; until one of them comes, the client sends the same frame
   again after a reconnect. A message counts once however often it is sent. One that comes while
   the tutor answers waits: `waiting` lists all that do. It becomes an `item` with the same id when
   the tutor is told of it: in the middle of an answer, between two, or in a turn of its own.
3. `turn` tells what the tutor is doing. `delta` carries pieces of an answer as it is written, in
   order; `seq` counts them within a request, and a delta that gathers several says which is its
   `first`. A page that comes in the middle, by a reload, in a second tab or on another device,
   is brought all until then by `so_far`, with the `seq` of the last piece in it, and then the rest.
   A piece that is known counts once; one that is missing never comes again: connect again.
   `withdrawn` takes the pieces of one `request` back: the answer is being asked for again. So does
   `turn` with `asked_anew`, for all of its turn: whoever was at it has gone, and nothing of the
   answer was stored. `item` brings what has been stored; it replaces the pieces of its turn until
   then. The numbers of items grow but may skip; one that is already known counts once.
4. `run` runs the student's own program, `input` types into it, `stop` ends the tutor's turn,
   `again` takes up a turn that failed, `stop_run` ends a program.
   `run_changed` and `output` report on runs, the tutor's and the student's alike; in the final
   `run_changed` the output is whole and replaces the pieces. Pieces of a run that is on are
   counted by `seq`. A page that comes in the middle is brought all until then by `run_changed`,
   with the `seq` of the last piece in it, and can type on. A run that is lost with its worker is
   `begun` anew, and its output with it. The student's own run that may be typed to goes on for
   half a minute after the last page of the conversation has gone.
5. `go` says which step the page shows. `ping` is answered by `pong`. `edit` stores the program of a
   step; `say`, `run` and `check_code` store the one that they carry. Each names its `base`, the
   revision that the editor's text started from, and is answered by `saved` once it is stored. If
   the program is still at that revision, or the client's own writes on this connection are all
   that came since, it is replaced and has a new revision. Otherwise nothing is replaced: the text
   is kept beside it as a version, whose id `saved` names, and `program` follows. From then on the
   client names that `version` in what it writes of that text; each such write gives the version a
   new id, which `saved` and `program` tell, and one that is no longer there under the id makes
   another version. `program` also tells what other pages of the student have written. `restore`
   makes a version the program, and keeps what was the program as a version; `dismiss` takes one
   from the list. What a page that is gone has left is written with its name as `page`: it is not
   taken for a continuation of what this page has written. Each write leaves an entry in the step's
   history, with its `cause` (Cause); what one page types within a minute is one entry.
6. `check_code`, `predict` and `choose` are attempts at a step of kind code, predict and quiz. Each
   is answered by `attempt` once it is stored, again when its place in line or its state changes,
   and at last with how it was judged; or by `refused`. Sent twice, it counts once. `stop_run` ends
   it.
7. The tutor may ask for a prediction, give a hint or offer a button: `item` brings each. `answer`
   says what the student foretells, or that they do not know; it is `accepted` and waits until the
   server has run the call, as `prediction` tells, and then becomes an `item` with the same id,
   which the tutor answers. What a student says in `say` counts as the answer where it is nothing
   but a value and a prediction of the step is open. Until then nothing that would show the answer
   is run: `run` and `check_code` in the step are `refused`, and so is the program of a predict step
   before `predict`. `hint` asks for a hint: it is `accepted`, or `refused` with the reason.
8. From time to time the server sends `check`; the client answers with `checked` and the same `id`
   as soon as it has read so far. A client that is too far behind is cut off.

9. `storage` tells that nothing can be stored, and when it can again. What the client sends
   meanwhile waits and is answered once it is stored. Only this and `error` may come before `hello`.

Close codes: see `Close`. Sizes are bytes of UTF-8 unless a field says otherwise.

This module is the whole of it under one name. The classes are defined in `incoming` (from the
browser, with the parser), `outgoing` (to it), `views` (the parts of those) and `base` (bounds,
close codes, field types).
"""

from tutor.protocol.base import (
    MAX_ANSWER_CHARS,
    MAX_CALL_CHARS,
    MAX_CALLS,
    MAX_CHOICES,
    MAX_CODE_CHARS,
    MAX_FILES,
    MAX_FRAME_BYTES,
    MAX_PREDICTION_CHARS,
    MAX_SAY_CHARS,
    MAX_STDIN_CHARS,
    PROTOCOL,
    Cause,
    ClientId,
    Close,
    Frame,
    PageId,
    TurnedAway,
)
from tutor.protocol.incoming import (
    Again,
    Answer,
    CheckCode,
    Checked,
    Choose,
    Dismiss,
    Edit,
    FrameError,
    FromBrowser,
    Go,
    Hint,
    Input,
    Older,
    Ping,
    Predict,
    Restore,
    RunCode,
    Say,
    Stop,
    StopRun,
    TryFrame,
    parse,
)
from tutor.protocol.outgoing import (
    TURN_OVER,
    Accepted,
    AttemptChanged,
    Check,
    Delta,
    Error,
    Hello,
    Items,
    ItemStored,
    Output,
    Pong,
    PredictionChanged,
    ProgramChanged,
    Refused,
    RunChanged,
    Saved,
    SoFar,
    StorageChanged,
    ToBrowser,
    TurnChanged,
    TurnState,
    TutorChanged,
    Waiting,
    Withdrawn,
)
from tutor.protocol.views import (
    GOING_ON,
    AttemptView,
    CallView,
    CaseView,
    FileView,
    HintItem,
    ItemView,
    LineDiffers,
    Offer,
    OfferItem,
    PredictionItem,
    PredictionState,
    PredictionView,
    Printed,
    RunItem,
    RunState,
    RunView,
    StepView,
    Stream,
    StudentItem,
    TutorItem,
    VersionView,
    WaitingMessage,
)

__all__ = [
    "GOING_ON",
    "MAX_ANSWER_CHARS",
    "MAX_CALLS",
    "MAX_CALL_CHARS",
    "MAX_CHOICES",
    "MAX_CODE_CHARS",
    "MAX_FILES",
    "MAX_FRAME_BYTES",
    "MAX_PREDICTION_CHARS",
    "MAX_SAY_CHARS",
    "MAX_STDIN_CHARS",
    "PROTOCOL",
    "TURN_OVER",
    "Accepted",
    "Again",
    "Answer",
    "AttemptChanged",
    "AttemptView",
    "CallView",
    "CaseView",
    "Cause",
    "Check",
    "CheckCode",
    "Checked",
    "Choose",
    "ClientId",
    "Close",
    "Delta",
    "Dismiss",
    "Edit",
    "Error",
    "FileView",
    "Frame",
    "FrameError",
    "FromBrowser",
    "Go",
    "Hello",
    "Hint",
    "HintItem",
    "Input",
    "ItemStored",
    "ItemView",
    "Items",
    "LineDiffers",
    "Offer",
    "OfferItem",
    "Older",
    "Output",
    "PageId",
    "Ping",
    "Pong",
    "Predict",
    "PredictionChanged",
    "PredictionItem",
    "PredictionState",
    "PredictionView",
    "Printed",
    "ProgramChanged",
    "Refused",
    "Restore",
    "RunChanged",
    "RunCode",
    "RunItem",
    "RunState",
    "RunView",
    "Saved",
    "Say",
    "SoFar",
    "StepView",
    "Stop",
    "StopRun",
    "StorageChanged",
    "Stream",
    "StudentItem",
    "ToBrowser",
    "TryFrame",
    "TurnChanged",
    "TurnState",
    "TurnedAway",
    "TutorChanged",
    "TutorItem",
    "VersionView",
    "Waiting",
    "WaitingMessage",
    "Withdrawn",
    "parse",
]
