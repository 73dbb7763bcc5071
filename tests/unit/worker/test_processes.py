"""The process state machine, and how ends are told."""

from __future__ import annotations

import os
import signal

import pytest

from penstock.api.exceptions import ConnectException, DataException, RetriableException
from penstock.worker.calls import PluginError, as_exception
from penstock.worker.childlink import EXIT_LEASE
from penstock.worker.death import Death
from penstock.worker.frames import Failure
from penstock.worker.process import SUCCESSORS, ProcessState


def test_every_state_has_its_successors_and_ends_in_exited() -> None:
    assert set(SUCCESSORS) == set(ProcessState)
    assert SUCCESSORS[ProcessState.EXITED] == frozenset()
    assert SUCCESSORS[ProcessState.KILLED] == {ProcessState.EXITED}
    for state in set(ProcessState) - {ProcessState.EXITED}:
        assert ProcessState.EXITED in SUCCESSORS[state]
        assert ProcessState.SPAWNING not in SUCCESSORS[state]


@pytest.mark.parametrize(
    ("death", "cause"),
    [
        (Death(None, None, ""), "P is gone: its forkserver has ended"),
        (Death(None, None, "", "no memory"), "P is gone: no memory"),
        (Death(9, "it hung", "x"), "P was killed by the worker: it hung"),
        (
            Death(signal.SIGKILL, None, ""),
            (
                "P was killed by signal 9 (SIGKILL). This worker did not send it: most likely the kernel's out-of-memory killer "
                "did (`dmesg` tells), or a container's memory limit, or a person. Give the machine more memory, or the task "
                "smaller batches"
            ),
        ),
        (Death(signal.SIGHUP, None, ""), "P was killed by signal 1 (SIGHUP)"),
        (Death(40, None, ""), "P was killed by signal 40"),
        (
            Death(3 << 8, None, ""),
            "P ended with exit code 3 before it reported an end. Something in it called os._exit, or it could not start at all",
        ),
        (Death(EXIT_LEASE << 8, None, ""), "P ended itself: the worker did not extend its lease in time"),
    ],
)
def test_the_cause_of_an_end(death: Death, cause: str) -> None:
    assert death.cause("P") == cause


def test_the_trace_of_an_end_shows_the_last_output() -> None:
    death = Death(0, "it hung", "one\ntwo")
    assert death.trace("P") == (
        "org.apache.kafka.connect.errors.ConnectException: P was killed by the worker: it hung\n"
        "Its last output was:\n\tone\n\ttwo\n"
    )


def test_a_core_dump_is_the_signal_that_caused_it() -> None:
    dumped = signal.SIGSEGV | 0x80
    assert os.WCOREDUMP(dumped)
    assert "signal 11 (SIGSEGV)" in Death(dumped, None, "").cause("P")


@pytest.mark.parametrize("kind", [ConnectException, DataException, RetriableException])
def test_an_exception_of_ours_keeps_its_class_across_the_border(kind: type[Exception]) -> None:
    error = as_exception(Failure(kind.connect_name, "text", "trace"))  # type: ignore[attr-defined]
    assert type(error) is kind
    assert str(error) == "text"
    assert isinstance(error.__cause__, PluginError)
    assert str(error.__cause__) == "trace"


def test_a_foreign_exception_becomes_a_connect_exception_with_its_text() -> None:
    assert type(as_exception(Failure("ValueError", "text", ""))) is ConnectException
    assert str(as_exception(Failure("KeyboardInterrupt", "", ""))) == "KeyboardInterrupt"
