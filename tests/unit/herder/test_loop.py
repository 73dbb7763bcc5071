"""The herder thread, its stages and its waiters."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from penstock.api.exceptions import ConnectException
from penstock.clock import SYSTEM_CLOCK
from penstock.herder.loop import EventLoop, fail, succeed
from penstock.herder.running import PHASES, Phase, Running, Token
from penstock.herder.stage import StageKeeper
from penstock.herder.task_configs import retry_delay_s
from penstock.herder.waiting import Waiters
from penstock.states import TargetState


@pytest.fixture
def loop():
    loop = EventLoop(SYSTEM_CLOCK)
    loop.start()
    yield loop
    loop.stop()


def test_requests_are_served_in_order_on_one_thread(loop: EventLoop) -> None:
    seen: list[tuple[int, int]] = []
    for number in range(5):
        loop.post(lambda number=number: seen.append((number, threading.get_ident())))
    last = loop.call(lambda result: succeed(result, len(seen)))
    assert last.result(5) == 5
    assert [number for number, _ in seen] == list(range(5))
    assert len({thread for _, thread in seen}) == 1


def test_what_a_request_raises_reaches_who_asked(loop: EventLoop) -> None:
    def refuse(_result: Future[None]) -> None:
        raise ConnectException("no")

    with pytest.raises(ConnectException, match=r"^no$"):
        loop.call(refuse).result(5)


def test_an_event_that_raises_does_not_end_the_thread(loop: EventLoop, caplog) -> None:
    loop.post(lambda: 1 / 0)
    assert loop.call(lambda result: succeed(result, 7)).result(5) == 7
    assert "Uncaught exception in the herder" in caplog.text


def test_a_future_that_completes_elsewhere_becomes_an_event(loop: EventLoop) -> None:
    elsewhere: Future[int] = Future()
    answer: Future[int] = Future()
    loop.when_done(elsewhere, lambda done: answer.set_result(done.result() + 1))
    threading.Thread(target=lambda: elsewhere.set_result(1)).start()
    assert answer.result(5) == 2


def test_timers_fire_when_they_are_due(loop: EventLoop) -> None:
    fired: list[str] = []
    done: Future[None] = Future()

    def arm() -> None:
        loop.after(0.03, lambda: (fired.append("late"), done.set_result(None)))
        loop.after(0.0, lambda: fired.append("soon"))

    loop.post(arm)
    done.result(5)
    assert fired == ["soon", "late"]


def test_after_a_stop_requests_are_told_so() -> None:
    loop = EventLoop(SYSTEM_CLOCK)
    loop.start()
    loop.stop()
    with pytest.raises(ConnectException, match=r"^Worker is shutting down$"):
        loop.call(lambda result: succeed(result, 1)).result(5)


def test_a_waiter_that_gave_up_is_left_alone() -> None:
    future: Future[int] = Future()
    future.set_result(1)
    succeed(future, 2)
    fail(future, ValueError())
    assert future.result() == 1


class Clock:
    def __init__(self, *times: int) -> None:
        self.times = list(times)

    def time_ms(self) -> int:
        return self.times.pop(0)

    def monotonic(self) -> float:
        return 0.0


def test_stage_sentences_are_connects() -> None:
    stages = StageKeeper(Clock(0, 61_001))
    assert stages.summary() == ""
    with stages.during("starting connector c"):
        assert stages.summary() == (
            "The worker is currently starting connector c, which began at 1970-01-01T00:00:00.000Z"
        )
    assert stages.summary() == (
        "The last operation the worker completed was starting connector c, which began at 1970-01-01T00:00:00.000Z and "
        "completed at 1970-01-01T00:01:01.001Z"
    )


def test_phases_follow_their_table() -> None:
    for phase in Phase:
        for following in Phase:
            entry = Running(Token(0, 0), TargetState.STARTED, phase)
            if following in PHASES[phase]:
                entry.enter(following)
            else:
                with pytest.raises(ValueError, match="cannot go from"):
                    entry.enter(following)


def test_waiters_are_served_by_their_version_or_a_later_one() -> None:
    waiters = Waiters()
    first, second = waiters.until_started("c", Token(1, 0)), waiters.until_started("c", Token(2, 0))
    waiters.started("c", Token(1, 0))
    assert first.done() and not second.done()
    waiters.started("c", Token(2, 0), ConnectException("no"))
    assert isinstance(second.exception(), ConnectException)
    gone = waiters.until_gone("c")
    assert waiters.leaving == ("c",)
    waiters.gone("c")
    assert gone.done() and waiters.leaving == ()


def test_task_reconfiguration_backs_off_to_a_minute() -> None:
    assert [retry_delay_s(n) for n in (1, 2, 3, 9, 50)] == [0.25, 0.5, 1.0, 60.0, 60.0]
