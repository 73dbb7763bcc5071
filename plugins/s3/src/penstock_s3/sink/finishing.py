"""Making the files of a rotation visible: all of a topic partition, a few at a time (spec 5, 6, 9.4)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from penstock.api import ConnectException, RetriableException
from penstock_s3.config.choices import OnTaggingError
from penstock_s3.config.settings import TaggingSettings
from penstock_s3.sink.open_file import OpenFile
from penstock_s3.storage.store import ObjectStore, Precondition
from penstock_s3.storage.uploading import FileState

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""Files of one task that are finished at the same time."""


class Finisher:
    """Finishes files; one for a task. Called on the task's thread, which waits."""

    def __init__(self, store: ObjectStore, tagging: TaggingSettings | None, precondition: Precondition) -> None:
        self._store = store
        self._tagging = tagging
        self._precondition = precondition
        self._executor: ThreadPoolExecutor | None = None

    def finish(self, files: Sequence[OpenFile], precondition: Precondition | None = None) -> None:
        """Make these files visible and durable, under the usual precondition or another one. May be repeated after a failure:
        what is visible stays so.

        Raises the first failure once all were tried: StoreRetriableException, PreconditionException where an object was to
        be absent, NoSuchUploadException where parts are lost, ConnectException.
        """
        for file in files:
            file.end()
        condition = self._precondition if precondition is None else precondition
        self._each(lambda file: self._finish(file, condition), files)

    def stage(self, files: Sequence[OpenFile]) -> None:
        """Have every byte of these files in the store, unseen. Raises as above."""
        for file in files:
            file.end()
        self._each(lambda file: [each.stage() for each in file.objects], files)

    def close(self) -> None:
        """Release the threads. Idempotent."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._executor = None

    def _finish(self, file: OpenFile, precondition: Precondition) -> None:
        for each in file.objects:
            if each.state is not FileState.VISIBLE:
                each.finish(precondition)
        self._tag(file)

    def _tag(self, file: OpenFile) -> None:
        tagging, key = self._tagging, file.value_key
        if tagging is None or key is None:
            return
        own = {
            "startOffset": str(file.first_offset),
            "endOffset": str(file.last_offset),
            "recordCount": str(file.count),
        }
        try:
            self._store.tag(key, {**own, **tagging.extra})
        except (ConnectException, RetriableException) as error:
            if tagging.on_error is OnTaggingError.FAIL:
                raise ConnectException(f"Unable to tag S3 object {key}") from error
            logger.warning("Unable to tag S3 object %s. Ignoring.", key, exc_info=True)

    def _each(self, do: Callable[[OpenFile], object], files: Sequence[OpenFile]) -> None:
        if len(files) == 1:
            do(files[0])
            return
        if self._executor is None:
            self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="s3-files")
        doing = [self._executor.submit(do, file) for file in files]
        failures = [error for error in (each.exception() for each in doing) if error is not None]
        if failures:
            # What cannot be helped by trying again comes first: it must not hide behind a storm.
            raise min(failures, key=lambda error: isinstance(error, RetriableException))
