"""An answer to a prediction that is compared while the tutor answers something else."""

import json

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tests.tutor.browser import browser
from tests.tutor.classroom import SLOWLY, Upstream, asked, frames_of
from tests.tutor.session.moves import ASK, PROGRAM, asked_for, gives, settled
from tutor.emulator import Say

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


async def test_it_begins_a_turn_of_its_own_whose_facts_say_what_came_of_it(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    answers = [ASK], [Say("word " * 10)], [Say("You said 2.")]
    async with upstream(*answers, pace=SLOWLY) as server, browser(ada, lesson) as page:
        number = await asked_for(page)
        await page.say("What do you mean by that?", PROGRAM)
        await page.next("delta")
        await page.send("answer", id="answer-01", prediction=number, text="2")
        await page.next("accepted")
        await gives(3)
        assert (await settled(page))["state"] == "wrong"
        assert (await page.turn("done"))["number"] == 2
        assert (await page.turn("done"))["number"] == 3
        facts, said = asked(server)[-1]["input"]
    assert said["content"][0]["text"] == "2"
    told = json.loads(facts["content"][0]["text"])["facts"]["prediction"]
    assert (told["said"], told["gave"]) == ("2", "3")
    assert not any(frame["type"] == "response.steer" for frame in frames_of(server))
