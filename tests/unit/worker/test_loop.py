"""The loop under the supervisor."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from penstock.worker.loop import EventLoop


class ManualClock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time_ms(self) -> int:
        return int(self.now * 1000)


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    loop = EventLoop()
    yield loop
    loop.close()


def run_until(loop: EventLoop, calls: list[str], count: int) -> None:
    while len(calls) < count:
        loop.turn()


def test_posted_actions_run_in_order_on_the_loops_thread() -> None:
    loop = EventLoop()
    seen: list[tuple[int, str]] = []
    thread = threading.Thread(target=loop.run)
    thread.start()
    for number in range(100):
        loop.post(lambda number=number: seen.append((number, threading.current_thread().name)))  # type: ignore[misc]
    loop.stop()
    thread.join(10)
    assert seen == [(number, thread.name) for number in range(100)]


def test_posting_to_a_loop_that_has_ended_is_harmless() -> None:
    loop = EventLoop()
    loop.stop()
    loop.run()
    assert not loop.post(lambda: None)


def test_what_was_posted_before_the_end_is_still_done() -> None:
    loop = EventLoop()
    calls: list[str] = []
    loop.stop()
    loop.post(lambda: calls.append("late"))
    loop.run()
    assert calls == ["late"]


def test_timers_fire_in_order_of_their_time_and_not_when_cancelled() -> None:
    clock = ManualClock()
    loop = EventLoop(clock)
    calls: list[str] = []
    loop.later(2.0, lambda: calls.append("second"))
    loop.later(1.0, lambda: calls.append("first"))
    cancelled = loop.later(1.5, lambda: calls.append("never"))
    cancelled.cancel()
    cancelled.cancel()
    clock.now = 2.0
    run_until(loop, calls, 2)
    assert calls == ["first", "second"]
    loop.close()


def test_a_fault_in_one_action_is_logged_and_the_loop_goes_on(
    loop: EventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []
    loop.post(lambda: calls.append(str(1 / 0)))
    loop.post(lambda: calls.append("after"))
    with caplog.at_level(logging.ERROR):
        run_until(loop, calls, 1)
    assert calls == ["after"]
    assert "The supervisor failed to handle an event; it goes on" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_sockets_are_served_when_readable_and_writable(loop: EventLoop) -> None:
    ours, theirs = socket.socketpair()
    calls: list[str] = []
    loop.watch(ours, lambda: calls.append(ours.recv(10).decode()), lambda: calls.append("writable"))
    loop.turn()
    assert calls == ["writable"]
    loop.watch(ours, lambda: calls.append(ours.recv(10).decode()))
    theirs.sendall(b"hello")
    run_until(loop, calls, 2)
    assert calls == ["writable", "hello"]
    loop.forget(ours)
    loop.forget(ours)
    theirs.sendall(b"unheard")
    loop.post(lambda: calls.append("posted"))
    run_until(loop, calls, 3)
    assert calls[2:] == ["posted"]
    ours.close()
    theirs.close()


def test_a_socket_that_another_callback_closed_is_not_served(loop: EventLoop) -> None:
    pairs = [socket.socketpair() for _ in range(2)]
    calls: list[str] = []

    def close_both() -> None:
        calls.append("served")
        for ours, _ in pairs:
            loop.forget(ours)
            ours.close()

    for ours, theirs in pairs:
        loop.watch(ours, close_both)
        theirs.sendall(b"x")
    loop.turn()
    assert calls == ["served"]
    for _, theirs in pairs:
        theirs.close()
