"""A conversation, folded from its items."""

from tests.tutor.practice.student import called, facts, output, said, spoke
from tutor.emulator.compaction import compact, expand
from tutor.practice.dialogue import read

CHECK = {"attempt": 1, "passed": False, "visible": [0, 2]}
ANSWERED = {"call": "f(1)", "state": "wrong", "said": "2", "gave": "1"}


def test_an_empty_conversation_says_nothing() -> None:
    dialogue = read([])
    assert (dialogue.facts, dialogue.said, dialogue.program, dialogue.turn) == (None, "", None, ())


def test_facts_are_no_message_and_the_last_ones_count() -> None:
    dialogue = read([facts("fresh"), said("Hi"), spoke("Hello"), facts("trying"), said("Now?")])
    assert dialogue.facts is not None
    assert (dialogue.facts.state, dialogue.said, dialogue.texts) == ("trying", "Now?", ("Hello",))


def test_a_program_stays_until_another_one_comes() -> None:
    items = [said("One", "a"), spoke("Hm."), said("Two")]
    assert read(items).program == "a"
    assert read([*items, spoke("Hm."), said("Three", "b")]).program == "b"


def test_messages_without_an_answer_in_between_are_one() -> None:
    assert read([said("One"), said("two")]).said == "One two"
    assert read([said("One"), spoke("Hm."), said("two")]).said == "two"


def test_a_call_belongs_to_the_turn_until_the_student_speaks() -> None:
    items = [said("Hi", "p"), called("f", x=1), output({"status": "ok"})]
    (call,) = read(items).turn
    assert (call.name, call.arguments, call.status, call.program) == ("f", {"x": 1}, "ok", "p")
    assert read(items).after_output
    later = read([*items, spoke("So?"), said("Yes")])
    assert (later.turn, len(later.called), later.after_output) == ((), 1, False)


def test_what_is_said_during_a_call_is_added_to_its_turn() -> None:
    items = [said("Hi"), called("f"), said("Hm?"), output({"status": "ok"})]
    dialogue = read(items)
    assert (dialogue.added, dialogue.said, len(dialogue.turn)) == ("Hm?", "Hm?", 1)
    # Once only.
    assert read([*items, spoke("So."), said("Yes"), called("f", "2")]).added == ""


def test_facts_after_what_was_said_during_a_call_do_not_end_the_turn() -> None:
    items = [said("Hi"), called("f"), output({"status": "ok"}), facts("stuck")]
    dialogue = read(items)
    assert dialogue.after_output
    assert len(dialogue.turn) == 1


def test_news_are_what_the_tutor_has_not_spoken_of() -> None:
    items = [facts(), said("Hi"), spoke("Hello"), facts(check=CHECK), said("Now?")]
    assert read(items).news == {"check"}
    items += [spoke("It fails."), facts(check=CHECK), said("Hm.")]
    assert read(items).news == frozenset()
    items += [spoke("So?"), facts(check=CHECK, prediction=ANSWERED), said("2")]
    assert read(items).news == {"prediction"}
    changed = {**ANSWERED, "program_changed": True}
    items += [spoke("It gave 1."), facts(check=CHECK, prediction=changed), said("Oh.")]
    assert read(items).news == frozenset()


def test_an_open_prediction_is_no_news_and_another_step_is() -> None:
    opened = {"call": "f(1)", "state": "open"}
    assert read([facts(prediction=opened), said("Hi")]).news == frozenset()
    items = [facts(check=CHECK), said("Hi"), spoke("So?"), facts(step="typed", check=CHECK)]
    assert read([*items, said("Here")]).news == {"check"}


def test_a_change_of_the_program_is_known_until_the_next_check() -> None:
    items = [facts(check=CHECK), said("Hi", "a"), spoke("So?"), facts(check=CHECK)]
    assert not read([*items, said("Hm", "a")]).changed_since_check
    items.append(said("Hm", "b"))
    assert read(items).changed_since_check
    checked = {**CHECK, "attempt": 2}
    assert not read([*items, spoke("So?"), facts(check=checked), said("Hm")]).changed_since_check


def test_messages_of_students_who_do_not_know_are_counted_in_a_row() -> None:
    items = [said("I don't know"), spoke("Why?"), said("no idea"), spoke("Why?"), said("")]
    assert [read(items[:count]).unsure for count in (1, 3, 5)] == [1, 2, 3]
    assert read([*items, spoke("Why?"), said("Because of 3")]).unsure == 0


def test_the_tutors_words_are_known_by_their_step() -> None:
    items = [facts(step="read"), said("Hi"), spoke("One?"), facts(), said("Hi"), spoke("Two?")]
    dialogue = read([*items, facts(), said("Hm")])
    assert dialogue.texts == ("One?", "Two?")
    assert dialogue.was_said("Two", "Three")
    assert not dialogue.was_said("One")


def test_broken_calls_and_outputs_are_borne() -> None:
    broken = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "[" * 99_999}
    (call,) = read([said("Hi"), broken, output("[1]", "c"), output("?", "unknown")]).turn
    assert (call.arguments, call.report, call.status) == ({}, {}, "")


def test_what_was_compacted_counts() -> None:
    items = [facts(check=CHECK), said("Hi", "a"), spoke("So?"), said("Now", "b")]
    assert read(list(expand([compact(items, "cmp_1")]))) == read(items)
