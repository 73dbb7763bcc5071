"""A worker's life from start to end: what runs on which thread, in which order, and what signals do.

The main thread serves the supervisor (design section 4); so what takes time at the start and at the end runs on threads of
its own. SIGTERM and SIGINT stop everything in order; a second one leaves at once, and children die with the worker.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from pathlib import Path
from types import FrameType

from penstock.cli.exits import CommandError, ExitCode
from penstock.cli.startup import StartInterruptedError, StartupConnectors
from penstock.cli.wiring import Wired

logger = logging.getLogger(__name__)

SIGNAL_CODE = 128
"""Added to a signal's number: the exit code of a process that a signal ended, 143 for SIGTERM."""

REST_STOP_S = 3.0
"""For requests in work when the worker stops; the herder answers those that it still has."""

HERDER_STOP_S = 30.0
"""For the herder to stop connectors and tasks in order; then the worker stops what is left, by force if need be."""


Stop = Callable[[int], None]
Started = Callable[[Stop], None]


def _nobody(_stop: Stop) -> None:
    return None


class WorkerLife:
    """Runs a wired worker. ``started`` is called once the startup connectors were created, with what stops the worker."""

    def __init__(self, wired: Wired, files: Sequence[Path], started: Started = _nobody) -> None:
        self._wired = wired
        self._files = files
        self._started = started
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._ending: threading.Thread | None = None
        self._outcome: int = ExitCode.OK
        self._error: CommandError | None = None

    def run(self) -> int:
        """Start, serve until a signal or a failure, stop in order; the exit code. On the main thread.

        Raises :class:`CommandError` when the start failed, after everything was stopped.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        starting = threading.Thread(target=self._start, name="start", daemon=True)
        starting.start()
        self._wired.worker.run()
        self.stop(ExitCode.OK)  # if the supervisor ended by itself
        assert self._ending is not None
        self._ending.join()
        starting.join()
        self._close()
        if self._error is not None:
            raise self._error
        return self._outcome

    def stop(self, outcome: int) -> None:
        """Begin to stop, unless that has begun. From any thread; returns at once."""
        with self._lock:
            if self._ending is not None:
                return
            self._outcome = outcome
            self._stopping.set()
            self._ending = threading.Thread(target=self._end, name="stop", daemon=True)
            self._ending.start()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping.is_set():
            os._exit(SIGNAL_CODE + number)
        os.write(2, f"penstock: {signal.Signals(number).name}: stopping; once more leaves at once\n".encode())
        self.stop(SIGNAL_CODE + number)

    def _start(self) -> None:
        try:
            self._start_in_order()
        except StartInterruptedError:
            logger.info("Stopped before all connectors were started")
        except CommandError as error:
            self._fail(error)
        except Exception as error:  # whatever a start fails of, the worker must end, and say why
            if self._stopping.is_set():
                logger.debug("The start ended with the worker", exc_info=error)
                return
            logger.debug("The start failed", exc_info=error)
            self._fail(
                CommandError(f"The worker cannot start: {str(error) or type(error).__name__}", ExitCode.INITIALISATION)
            )

    def _start_in_order(self) -> None:
        """Sockets are open already; they answer 404 until resources are registered (spec 1.1)."""
        wired = self._wired
        wired.rest.start()
        wired.stores.offsets.start()
        wired.stores.statuses.start()
        wired.stores.configs.start(wired.herder.on_config_event)
        wired.herder.start()
        wired.rest.register(wired.backend)
        StartupConnectors(wired.herder, wired.index, self._stopping.is_set).create(self._files)
        wired.ready.set()
        logger.info("Penstock worker %s started", wired.rest.worker_id)
        self._started(self.stop)

    def _fail(self, error: CommandError) -> None:
        self._error = error
        self.stop(error.code)

    def _end(self) -> None:
        """No new requests, then connectors and tasks, which commit what they have, then the supervisor."""
        logger.info("Penstock worker stopping")
        self._wired.rest.stop(REST_STOP_S)
        with suppress(FutureTimeoutError):  # a herder that hangs: the supervisor stops what is left
            self._wired.herder.stop().result(HERDER_STOP_S)
        self._wired.worker.stop()

    def _close(self) -> None:
        self._wired.herder.close()
        stores = self._wired.stores
        stores.configs.stop()
        stores.statuses.stop()
        stores.offsets.stop()
        logger.info("Penstock worker stopped")
