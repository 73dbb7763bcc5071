"""Finds all plugins without importing any into the worker (design decision 6)."""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from penstock.discovery.findings import STACKS_SIGNAL, Announced, Done, Finding, decode
from penstock.discovery.plugins import FoundDistribution, PluginFailure, PluginIndex, build_index

logger = logging.getLogger(__name__)

DEADLINE_S = 10.0
"""For all distributions together, and then for each one alone if that did not end well."""

AT_ONCE = 4
"""Distributions that are examined alone at the same time."""

STACKS_S = 0.5
OUTPUT_KEPT = 16 * 1024
CHUNK = 64 * 1024

BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from penstock.discovery.examine import main; main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[4:])"
)


def scan_plugins(deadline_s: float = DEADLINE_S) -> PluginIndex:
    """Everything that installed distributions announce. Blocks for as long as importing them takes, at most about twice
    the deadline; called once, at the worker's start.

    Failures are in the index, and logged. Never raises for a plugin's fault.
    """
    together = _Examination()
    together.run((), deadline_s)
    rest = [found for found in together.announced if found.name not in together.findings]
    findings = dict(together.findings)
    failures: list[PluginFailure] = []
    if together.end is not None and not together.announced:
        failures.append(PluginFailure("penstock", None, None, f"Discovery {together.end}", together.output))
    with ThreadPoolExecutor(AT_ONCE, "discovery") as pool:
        for found, alone in zip(rest, pool.map(lambda found: _alone(found, deadline_s), rest), strict=True):
            if found.name in alone.findings:
                findings[found.name] = alone.findings[found.name]
            else:
                error = f"Importing distribution {found.name} {alone.end}"
                failures.append(PluginFailure(found.name, found.version, None, error, alone.output))
    return _index(findings.values(), failures)


def _alone(found: FoundDistribution, deadline_s: float) -> _Examination:
    examination = _Examination()
    examination.run([found.name], deadline_s)
    return examination


def _index(findings: Iterable[Finding], failures: list[PluginFailure]) -> PluginIndex:
    kept = list(findings)
    index = build_index(
        (plugin for finding in kept for plugin in finding.plugins),
        [*failures, *(failure for finding in kept for failure in finding.failures)],
        (finding.distribution for finding in kept),
    )
    for failure in index.failures:
        logger.error("A plugin of %s %s cannot be used: %s", failure.distribution, failure.version, failure.error)
    for conflict in index.conflicts:
        logger.error("%s", conflict)
    return index


@dataclass(slots=True)
class _Examination:
    """One discovery child, and what came of it. ``end`` says how it ended when it did not end well."""

    announced: list[FoundDistribution] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)
    end: str | None = "did not end"
    _messages: bytearray = field(default_factory=bytearray)
    _output: bytearray = field(default_factory=bytearray)

    @property
    def output(self) -> str:
        """The last of what it printed, with the stacks of one that hung."""
        return self._output.decode("utf-8", "replace")

    def run(self, names: Sequence[str], deadline_s: float) -> None:
        """Start the child and hear it out, but not for longer than ``deadline_s``."""
        results, results_end = os.pipe()
        output, output_end = os.pipe()
        arguments = [str(results_end), str(os.getpid()), json.dumps(list(map(str, sys.path))), *names]
        child = subprocess.Popen(  # noqa: S603  # our own interpreter, our own code
            [sys.executable, "-P", "-c", BOOT, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output_end,
            stderr=output_end,
            pass_fds=[results_end],
        )
        os.close(results_end)
        os.close(output_end)
        try:
            self._hear(child, results, output, deadline_s)
        finally:
            child.kill()
            child.wait()
            os.close(results)
            os.close(output)

    def _hear(self, child: subprocess.Popen[bytes], results: int, output: int, deadline_s: float) -> None:
        os.set_blocking(output, False)
        deadline = time.monotonic() + deadline_s
        with selectors.DefaultSelector() as selector:
            selector.register(results, selectors.EVENT_READ)
            selector.register(output, selectors.EVENT_READ)
            while (patience := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(patience):
                    if key.fd == output:
                        if not self._take_output(output):
                            selector.unregister(output)
                    elif not self._take_results(results):
                        self._ended(child, output)
                        return
                    if self.end is None:
                        return
        self.end = f"did not end within {deadline_s:g} s; the stacks of its threads are in the trace"
        self._take_stacks(child, output)

    def _take_results(self, fd: int) -> bool:
        data = os.read(fd, CHUNK)
        self._messages += data
        for message in decode(self._messages):
            if isinstance(message, Announced):
                self.announced = message.distributions
            elif isinstance(message, Finding):
                self.findings[message.distribution.name] = message
            elif isinstance(message, Done):
                self.end = None
        return bool(data)

    def _take_output(self, fd: int) -> bool:
        with suppress(BlockingIOError):  # nothing there now
            while data := os.read(fd, CHUNK):
                self._output += data
                del self._output[:-OUTPUT_KEPT]
            return False
        return True

    def _ended(self, child: subprocess.Popen[bytes], output: int) -> None:
        """The child closed its pipe before it was done: it is ending, or about to."""
        try:
            code = child.wait(STACKS_S)
        except subprocess.TimeoutExpired:
            self.end = "closed the pipe to the worker"
        else:
            self.end = f"ended the process {_how(code)}"
        self._take_output(output)

    def _take_stacks(self, child: subprocess.Popen[bytes], output: int) -> None:
        child.send_signal(STACKS_SIGNAL)
        until = time.monotonic() + STACKS_S
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while (patience := until - time.monotonic()) > 0 and selector.select(patience):
                if not self._take_output(output):
                    return


def _how(code: int) -> str:
    return f"by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"with exit code {code}"
