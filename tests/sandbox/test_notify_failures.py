"""What a page is told of its run when the channel layer or the worker fails. Whole processes."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from channels_redis.core import RedisChannelLayer
from redis import Redis

from tests.hurried import UNPROVEN
from tests.page import log_in, page, printed
from tests.polling import wait_until
from tests.running import Classroom, classroom, stop
from tests.servers import redis

pytestmark = pytest.mark.docker

SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(1)\nprint('end')"
ENDLESS = "print('begun', flush=True)\nwhile True: pass"
# So soon a page is told that the worker was killed.
TOLD_S = 2.0
# So soon after that a session gives up a run that nobody takes.
RUN_TIMEOUT_S = 2.0
STATUS = "select status from sandbox_run"


@pytest.fixture
def room(image: str, tmp_path: Path) -> Iterator[Classroom]:
    """A classroom with a Redis and a worker of its own."""
    with (
        redis() as url,
        classroom(
            tmp_path,
            waits=UNPROVEN,
            REDIS_URL=url,
            SANDBOX_POOL_SIZE="1",
            SANDBOX_IMAGE=image,
        ) as one,
    ):
        yield one


def fill(room: Classroom) -> None:
    """Send the sessions of all conversations so much that the channel layer takes no more."""
    url = room.env["REDIS_URL"]
    layer = RedisChannelLayer(hosts=[url])
    [conversation] = room.rows("select id from tutor_conversation")

    @async_to_sync
    async def send() -> None:
        # Some more: the process has asked for the next one, and is given it as it stands still.
        for _ in range(layer.capacity + 10):
            await layer.group_send(f"conversation.{conversation[0]}", {"type": "noise"})
        await layer.close_pools()

    send()


def waiting(room: Classroom) -> list[bytes]:
    """The messages that the channel layer holds for the web process."""
    with Redis.from_url(room.env["REDIS_URL"]) as store:
        names = list(store.scan_iter("asgispecific*"))
        return [message for name in names for message in store.zrange(name, 0, -1)]


def test_22_an_end_for_which_the_channel_layer_has_no_room_reaches_its_page(
    room: Classroom,
) -> None:
    with page(room, log_in(room, "ada")) as ada:
        ada.send("run", id="my-run-1", code=SLOW)
        ada.next("output")
        # A web process that does not read for a while.
        room.web.send_signal(signal.SIGSTOP)
        fill(room)
        wait_until(lambda: room.rows(STATUS) == [("ok",)], 20)
        left = waiting(room)
        room.web.send_signal(signal.SIGCONT)
        assert len(left) >= 100
        assert not any(b"run.finished" in message for message in left)
        assert printed(ada.run_ended()) == "begun\nend\n"


def test_26_a_run_that_died_with_the_only_worker_is_given_up_by_who_waits_for_it(
    room: Classroom, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(room.web)
    room.waits = {"tutor.session.runs": {"RUN_TIMEOUT_S": RUN_TIMEOUT_S}}
    room.start_web()
    assert room.worker is not None
    with page(room, log_in(room, "ada")) as ada:
        ada.send("run", id="my-run-1", code=ENDLESS)
        ada.next("output")
        room.worker.kill()
        killed = time.monotonic()
        while ada.next("run_changed")["run"]["state"] != "queued":
            pass
        told_after = time.monotonic() - killed
        run = ada.run_ended()
        assert (run["state"], bool(run["message"])) == ("unavailable", True)
        assert told_after < TOLD_S
        assert time.monotonic() - killed < TOLD_S + RUN_TIMEOUT_S + 3
        ada.say("Why is it wrong?")
        assert ada.turn("done", "failed")["state"] == "done"
    with capsys.disabled():
        sys.stdout.write(f"\nthe only worker killed: told after {told_after:.1f} s\n")
