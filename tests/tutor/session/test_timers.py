"""Timers of a session."""

from tests.polling import wait_here_until
from tutor.protocol.gate import StartTimer, Timer, TimerRang
from tutor.session.timers import RefreshTimer, TurnTimers


async def test_a_timer_rings_once_and_one_that_is_cancelled_never() -> None:
    rang: list[TimerRang] = []
    timers = TurnTimers(rang.append)
    timers.start(StartTimer(1, Timer.SEARCHING, 0.01))
    timers.start(StartTimer(1, Timer.UNSEEN, 0.02))
    await wait_here_until(lambda: len(rang) == 2, 5)
    assert rang == [TimerRang(1, Timer.SEARCHING), TimerRang(1, Timer.UNSEEN)]
    timers.start(StartTimer(2, Timer.SEARCHING, 0.01))
    timers.cancel()
    later = TurnTimers(rang.append)
    later.start(StartTimer(3, Timer.SEARCHING, 0.03))
    await wait_here_until(lambda: len(rang) == 3, 5)
    assert rang[-1].request == 3


async def test_a_refresh_wakes_who_waits_and_is_due_where_there_are_events() -> None:
    woken: list[int] = []
    idle = RefreshTimer(lambda: True, lambda: woken.append(1))
    idle.start(0.01)
    idle.start(0.0)  # it runs already
    await wait_here_until(lambda: woken, 5)
    assert not idle.pop_due()
    busy = RefreshTimer(lambda: False, lambda: woken.append(2))
    busy.start(0.01)
    await wait_here_until(lambda: busy._is_due, 5)
    assert woken == [1]
    assert busy.pop_due()
    assert not busy.pop_due()
