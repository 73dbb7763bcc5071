"""Where an embedded producer stands with transactions, and the records of the open one.

Records wait here (large amounts are put aside in the store) until ``commit`` writes them all at once: only then their
offsets are known, and an open write transaction in SQLite would lock out every other writer.
"""

from __future__ import annotations

import enum

from penstock.log.embedded_store import Fence, Patience, Store, Write
from penstock.log.errors import FencedError, LogError
from penstock.log.submission import NO_OFFSET, Submission

_SPOOL_BYTES = 8 * 1024 * 1024
"""A transaction keeps so much in memory before it puts records aside."""

_FENCED = (
    "There is a newer producer with the same transactionalId which fences the current one; this producer cannot be used "
    "any more"
)


class Phase(enum.Enum):
    """NONE (no transactional.id) for ever; or UNINITIALISED → READY ⇄ OPEN, and FENCED at the end from any of them."""

    NONE = "none"
    UNINITIALISED = "uninitialised"
    READY = "ready"
    OPEN = "open"
    FENCED = "fenced"


class Transactions:
    """Belongs to one producer."""

    def __init__(self, store: Store, transactional_id: str | None) -> None:
        self._store = store
        self._id = transactional_id
        self._phase = Phase.NONE if transactional_id is None else Phase.UNINITIALISED
        self._fence: Fence | None = None
        self._staged: list[Submission] = []
        self._bytes = 0
        self._failure: LogError | None = None

    @property
    def is_open(self) -> bool:
        return self._phase is Phase.OPEN

    def check_sendable(self) -> None:
        """Raises FencedError, or LogError outside a transaction of a transactional producer."""
        if self._phase is Phase.FENCED:
            raise FencedError(_FENCED)
        if self._phase in {Phase.UNINITIALISED, Phase.READY}:
            raise self._out_of_turn("send_batch")

    def initialise(self, patience: Patience) -> None:
        if self._id is None:
            raise LogError(
                "Cannot use transactional methods without enabling transactions by setting the transactional.id "
                "configuration property"
            )
        if self._phase is not Phase.UNINITIALISED:
            raise self._out_of_turn("init_transactions")
        self._fence = self._store.claim(self._id, patience)
        self._phase = Phase.READY

    def begin(self) -> None:
        if self._phase is not Phase.READY:
            raise self._out_of_turn("begin_transaction")
        self._phase = Phase.OPEN

    def add(self, submission: Submission) -> None:
        """A batch of the open transaction; its writes may come later, with ``spool_if_large``."""
        self._staged.append(submission)

    def spool_if_large(self, submission: Submission, patience: Patience) -> None:
        """Called when the writes of a batch are there."""
        self._bytes += sum(write.prepared.size for write in submission.writes)
        if self._bytes < _SPOOL_BYTES or self._fence is None:
            return
        prepared = [write.prepared for staged in self._staged for write in staged.writes]
        spooled = iter(self._store.spool(prepared, self._fence, patience))
        for staged in self._staged:
            staged.writes = [Write(write.partition, next(spooled)) for write in staged.writes]
        self._bytes = 0

    def fail(self, error: LogError) -> None:
        """A record of the open transaction is lost: it must not be committed."""
        if self._phase is Phase.OPEN:
            self._failure = self._failure or error

    def commit(self, patience: Patience) -> list[Submission]:
        """Write everything, or raise and write nothing; the batches with their offsets."""
        fence = self._opened("commit_transaction")
        if self._failure is not None:
            raise self._failure
        writes = [write for submission in self._staged for write in submission.writes]
        try:
            bases = iter(self._store.append(writes, fence, patience))
        except FencedError:
            self._phase = Phase.FENCED
            raise
        for submission in self._staged:
            submission.stored([next(bases) for _ in submission.writes])
        return self._closed()

    def abort(self, patience: Patience) -> list[Submission]:
        """Forget everything; the batches, without offsets."""
        fence = self._opened("abort_transaction")
        try:
            self._store.discard(fence, patience)
        except FencedError:
            self._phase = Phase.FENCED
            raise
        for submission in self._staged:
            submission.stored([NO_OFFSET] * len(submission.writes))
        return self._closed()

    def _closed(self) -> list[Submission]:
        staged, self._staged = self._staged, []
        self._bytes = 0
        self._failure = None
        self._phase = Phase.READY
        return staged

    def _opened(self, call: str) -> Fence:
        if self._phase is Phase.FENCED:
            raise FencedError(_FENCED)
        if self._phase is not Phase.OPEN or self._fence is None:
            raise self._out_of_turn(call)
        return self._fence

    def _out_of_turn(self, call: str) -> LogError:
        return LogError(
            f"TransactionalId {self._id}: {call} is not possible in state {self._phase.value}; call init_transactions once, "
            "then begin_transaction, send_batch and commit_transaction or abort_transaction"
        )
