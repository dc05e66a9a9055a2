"""A dialogue as a machine for hypothesis: whatever may happen, in any order.

Students speak, sockets break, answers are stored whole, in part or not at all; with every request
what the far end holds is compared with the rows.
"""

from dataclasses import dataclass, replace
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.tutor.far_end import Emulated, Ledger, Socket, essence, message
from tutor.emulator.compaction import compact, retained
from tutor.emulator.model import Call, Output, Say, Think
from tutor.method.prompts import student_message
from tutor.method.tools import error_output
from tutor.protocol.calls import Payload
from tutor.turn.history import Baseline, Plan, advance, plan

# Few words, so that now and then the same stands in the same place.
TEXTS = st.sampled_from(["Why?", "Hm."])
SAID = st.builds(Say, TEXTS)
ARGUMENTS = '{"code": "print(1)", "stdin": ""}'
# Under an id of its own, or one that many have.
CALLED = st.builds(Call, st.just("execute_code"), st.just(ARGUMENTS), st.sampled_from(["", "x"]))
OUTPUTS = st.one_of(SAID, SAID, st.builds(Think, TEXTS), CALLED)
ANSWERS = st.lists(OUTPUTS, min_size=1, max_size=2)
MAX_WAITING = 2
FIELDS: list[Payload] = [{"model": "gpt-6-astra", "instructions": text} for text in ("a", "b")]


@dataclass
class Request:
    """What is with the model: what it was told, and whether its answer may still be stored."""

    items: list[Payload]
    generate: bool
    ours: bool = True
    # Whether the rows have only grown since.
    grown: bool = True


class Dialogue(RuleBasedStateMachine):
    """What happens to one conversation. Its rows are a list; StoredDialogue has real ones."""

    far_end: type[Ledger] | type[Emulated] = Ledger

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        # The items that the model must know, as the rules below say it.
        self.rows: list[Payload] = []
        self.fields = FIELDS[0]
        # Whether a turn is on, and its calls without an output.
        self.turn_on = False
        self.open_calls: list[str] = []
        # What the student said while a turn was on, and the model has not been told.
        self.waiting: list[Payload] = []
        # The compactions under way: of what, into what.
        self.compacting: list[tuple[list[Payload], list[Payload]]] = []
        self.connect()

    def connect(self) -> None:
        self.socket: Socket = self.far_end()
        # What the client believes of this socket.
        self.baseline: Baseline | None = None
        self.request: Request | None = None
        # How many rows this socket certainly knows, and under which fields: then nothing but the
        # others may be sent. None where that is not certain.
        self.known: tuple[int, Payload] | None = None
        # Whether the socket has answered anything, and whether it lost it since.
        self.warm = self.forgot = False

    # The rows

    def begin(self, text: str) -> None:
        """A student's message is stored, behind those that waited."""
        self.rows += [*self.waiting, student_message(text)]
        self.waiting = []

    def wait(self, text: str) -> None:
        """A student's message is stored where it waits."""
        self.waiting.append(student_message(text))

    def tell_waiting(self) -> None:
        """What waits becomes part of the dialogue."""
        self.rows += self.waiting
        self.waiting = []

    def tell_steered(self) -> None:
        """What waits has been told already, in the middle of an answer."""
        self.rows += self.waiting
        self.waiting = []

    def store(self, items: list[Payload], *, interrupted: bool = False) -> None:
        self.rows += items

    def end(self) -> None:
        self.turn_on = False

    def lose_claim(self) -> None:
        """Another process takes the turn over."""

    def store_compaction(self, told: list[Payload], items: list[Payload]) -> None:
        if self.rows[: len(told)] == told:
            self.rows[: len(told)] = items

    def read(self) -> list[Payload]:
        """What the client reads before it asks."""
        return list(self.rows)

    # The student

    @precondition(lambda self: not self.turn_on)
    @rule(text=TEXTS)
    def student_speaks(self, text: str) -> None:
        self.begin(text)
        self.turn_on = True
        self.ask_if_due()

    @precondition(lambda self: self.turn_on and len(self.waiting) < MAX_WAITING)
    @rule(text=TEXTS)
    def student_speaks_meanwhile(self, text: str) -> None:
        """The model is told with the next request, or in the next turn."""
        self.wait(text)

    @precondition(lambda self: self.request and self.request.generate and self.request.ours)
    @precondition(lambda self: len(self.waiting) < MAX_WAITING)
    @rule(text=TEXTS, outputs=ANSWERS)
    def student_is_heard_meanwhile(self, text: str, outputs: list[Output]) -> None:
        """The model is steered: stored is what it has said, then what the student said."""
        request = self.request
        assert request
        self.wait(text)
        said = list(self.waiting)
        response_id, output, following = self.socket.answer_steered(outputs, said)
        self.warm, self.forgot = True, False
        self.store(output)
        self.tell_steered()
        told = [*request.items, *output, *said]
        if following is not None:
            assert essence(following) == essence(told)
            self.request = replace(request, items=told)
            return
        # What was steered in waits for the outputs; only they may be sent.
        self.baseline = advance(self.fields, request.items, response_id, [*output, *said])
        self.request = None
        self.known = (len(self.rows), self.fields) if request.grown else None
        self.open_calls = [i["call_id"] for i in output if i["type"] == "function_call"]

    @precondition(lambda self: not self.turn_on and not self.request)
    @rule(text=TEXTS, answers=st.lists(ANSWERS, min_size=1, max_size=3), relabelled=st.booleans())
    def student_is_answered(self, text: str, answers: list[list[Output]], relabelled: bool) -> None:
        """A turn in which nothing goes wrong, as far as it comes."""
        self.student_speaks(text)
        for outputs in answers:
            if self.request:
                self.model_answers(outputs, relabelled)
            while self.open_calls:
                self.run_ends(text)

    @precondition(lambda self: self.turn_on)
    @rule(heard=TEXTS)
    def student_stops(self, heard: str) -> None:
        """The text so far is stored as a message of its own; what is still to come is dropped."""
        request = self.request
        if request and request.generate and request.ours:
            self.store(
                [{"type": "message", "role": "assistant", "content": heard}], interrupted=True
            )
            self.socket.answer([Say(heard)])
            self.request = self.known = None
        self.store([error_output(call_id, "Stopped.") for call_id in self.open_calls])
        self.open_calls = []
        self.end()

    # The client

    @precondition(lambda self: self.turn_on and not self.request and not self.open_calls)
    @rule()
    def model_is_asked_again(self) -> None:
        self.send(generate=True)

    def ask_if_due(self) -> None:
        if self.turn_on and not self.request and not self.open_calls:
            self.send(generate=True)

    @precondition(lambda self: not self.request and not self.open_calls)
    @rule()
    def socket_is_warmed_up(self) -> None:
        self.send(generate=False)

    def send(self, *, generate: bool) -> None:
        if generate:
            self.tell_waiting()
        items = self.read()
        sent = plan(self.fields, items, self.baseline)
        self.check_is_least(sent, items)
        told = self.socket.ask(sent, generate=generate)
        if told is None:
            assert self.forgot, "what was continued should have been there"
            sent = plan(self.fields, items, None)
            told = self.socket.ask(sent, generate=generate)
        assert told is not None
        assert essence(told) == essence(self.rows)
        # Until it has answered, nothing is certain.
        self.baseline = self.known = None
        self.request = Request(items, generate)

    def check_is_least(self, sent: Plan, items: list[Payload]) -> None:
        if not self.warm:
            assert sent == Plan(tuple(items), None)
        elif self.known:
            known, fields = self.known
            assert (sent.previous_response_id is not None) == (fields == self.fields)
            if fields == self.fields:
                assert list(sent.input) == items[known:]

    def heard(self, outputs: list[Output], *, whole: bool = True) -> list[Payload]:
        """The answer has come, whole or cut short; what it says."""
        assert self.request
        response_id, output = self.socket.answer(outputs, whole=whole)
        self.baseline = advance(self.fields, self.request.items, response_id, output)
        self.warm, self.forgot = True, False
        return output

    @precondition(lambda self: self.request and self.request.generate)
    @rule(outputs=ANSWERS, relabelled=st.booleans())
    def model_answers(self, outputs: list[Output], relabelled: bool) -> None:
        """The answer is stored whole, if the turn is still ours and it says anything."""
        request, output = self.request, self.heard(outputs)
        assert request
        self.request = None
        if not request.ours:
            self.store_too_late(output)
            return
        if all(item["type"] == "reasoning" for item in output):
            self.end()
            return
        self.store([{**item, "id": "another"} for item in output] if relabelled else output)
        self.known = (len(self.rows), self.fields) if request.grown else None
        self.open_calls = [i["call_id"] for i in output if i["type"] == "function_call"]
        if not self.open_calls:
            self.end()

    def store_too_late(self, items: list[Payload]) -> None:
        """Nothing is written."""

    @precondition(lambda self: self.request and self.request.generate and self.request.ours)
    @rule(outputs=st.lists(OUTPUTS, max_size=2), last=TEXTS)
    def model_is_cut_short(self, outputs: list[Output], last: str) -> None:
        """Of an incomplete answer only what was said is stored."""
        output = self.heard([*outputs, Say(last)], whole=False)
        self.request = None
        self.store([i for i in output if i["type"] == "message"], interrupted=True)
        self.end()

    @precondition(lambda self: self.request and not self.request.generate)
    @rule()
    def socket_is_warm(self) -> None:
        request = self.request
        assert request
        self.heard([])
        self.request = None
        self.known = (len(request.items), self.fields) if request.grown else None
        self.ask_if_due()

    @precondition(lambda self: self.request)
    @rule()
    def model_fails(self) -> None:
        self.socket.fail()
        self.request = None

    @precondition(lambda self: self.open_calls)
    @rule(printed=TEXTS)
    def run_ends(self, printed: str) -> None:
        self.store([error_output(self.open_calls.pop(0), printed)])
        self.ask_if_due()

    # What else may happen at any time

    @rule(mishap=st.sampled_from(["lost", "forgotten", "changed", "changed"]))
    def socket_or_fields_change(self, mishap: str) -> None:
        """The socket is lost, the far end forgets what it holds, or the request fields change."""
        if mishap == "lost":
            self.connect()
        elif self.request:
            return
        elif mishap == "forgotten":
            self.socket.forget()
            self.forgot = True
        else:
            self.fields = next(fields for fields in FIELDS if fields != self.fields)

    @rule(text=TEXTS, late=st.none() | ANSWERS)
    def another_process_speaks(self, text: str, late: list[Output] | None) -> None:
        """It takes the turn that is on, or begins one, and ends it; it has a socket of its own."""
        if self.turn_on:
            self.lose_claim()
        else:
            self.begin(text)
        if self.request:
            self.request.ours = False
        outputs = [error_output(call_id, text) for call_id in self.open_calls]
        self.open_calls = []
        self.store([*outputs, message(text, "final_answer")])
        self.end()
        if late and self.request and self.request.generate:
            self.model_answers(late, relabelled=False)

    @precondition(lambda self: self.rows and len(self.compacting) < 2 and not self.open_calls)
    @rule()
    def compaction_begins(self) -> None:
        new = self.numbers
        items = retained(self.rows, lambda prefix: f"{prefix}_{next(new)}")
        into = [*items, compact(self.rows, f"cmp_{next(new)}")]
        self.compacting.append((list(self.rows), into))

    @precondition(lambda self: self.compacting)
    @rule(last=st.booleans())
    def compaction_ends(self, last: bool) -> None:
        """The compacted items stand for the rows of then; what has come since stays behind them.

        Of two, the one that comes later comes too late: what it stands for is there no more.
        """
        self.store_compaction(*self.compacting.pop(-1 if last else 0))
        self.known = None
        if self.request:
            self.request.grown = False

    @invariant()
    def client_reads_what_happened(self) -> None:
        assert self.read() == self.rows
