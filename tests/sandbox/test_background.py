"""A worker's thread beside those that execute runs."""

import threading

from sandbox.background import BackgroundThread


def test_it_starts_and_stops_as_often_as_one_likes_and_one_works_at_a_time() -> None:
    began: list[threading.Thread] = []

    def work(stopping: threading.Event) -> None:
        began.append(threading.current_thread())
        stopping.wait(10)

    thread = BackgroundThread("somebody")
    thread.stop()  # before there is one
    thread.start(work)
    thread.start(work)
    thread.stop()
    thread.stop()
    assert [one.name for one in began] == ["somebody"] * 2
    assert not any(one.is_alive() for one in began)
