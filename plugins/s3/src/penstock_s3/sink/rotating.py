"""What happens to all open files of a topic partition when a rotation is due, and which offset is safe then (spec 6)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from penstock.api import ConnectException, SinkSlice, TopicPartition
from penstock_s3.sink.files import FileId, Files
from penstock_s3.sink.manifest import Manifest, manifest_key
from penstock_s3.sink.open_file import OpenFile
from penstock_s3.sink.rows import Rows, cut
from penstock_s3.sink.tools import Tools
from penstock_s3.storage.errors import ForbiddenException, NoSuchUploadException, PreconditionException
from penstock_s3.storage.store import IF_ABSENT
from penstock_s3.storage.uploading import FileState

logger = logging.getLogger(__name__)


class Lost(Exception):  # a signal
    """Files could not be finished and were given up; their records are to be read again from ``offset``."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Rotating:
    """Finishes the files of one topic partition. On the task's thread."""

    def __init__(self, tools: Tools, where: TopicPartition, files: Files) -> None:
        self._tools = tools
        self._where = where
        self._files = files
        self._manifest = self._made_manifest() if tools.settings.manifest else None
        self._finished: dict[FileId, int] = {}
        """The last offset that is visible for these paths although it is not committed."""
        self.committed: int | None = None

    @property
    def _named(self) -> bool:
        """Whether uploads must be left alone, because a manifest names them, or may."""
        return self._manifest is not None and (self._manifest.unsure or self._manifest.decided)

    @property
    def taken(self) -> bool:
        """Whether :meth:`take` was done, or there is no manifest."""
        return self._manifest is None or self._manifest.taken

    def take(self) -> None:
        """Become the owner of the topic partition; once. Raises what the store raises."""
        if self._manifest is not None and not self._manifest.taken:
            self._manifest.take()
            self.committed = self._manifest.committed

    def rotate(self, next_offset: int) -> None:
        """Make all open files visible; then everything before ``next_offset`` is safe.

        Raises StoreRetriableException: repeat it with the same files. Raises Lost, ConnectException.
        """
        files = list(self._files.open.values())
        try:
            if self._manifest is None:
                self._tools.finisher.finish(files)
            else:
                self._by_manifest(self._manifest, files, next_offset)
        except NoSuchUploadException as error:
            self._lose(error)
        except PreconditionException:
            self._rename()
        self._settled(next_offset)

    def rotate_at_end(self, next_offset: int) -> bool:
        """As :meth:`rotate`, when the partition goes and the files end anywhere. False when an object was there already: a
        later owner may have written more into it, so it must not be replaced by ours, and nothing counts as committed."""
        if self._manifest is not None:
            self.rotate(next_offset)
            return True
        try:
            self._tools.finisher.finish(list(self._files.open.values()), IF_ABSENT)
        except NoSuchUploadException as error:
            self._lose(error)
        except PreconditionException as error:
            logger.info("%s: left as it is at the end, the next owner writes it: %s", self._where, error)
            return False
        self._settled(next_offset)
        return True

    def give_up(self) -> None:
        """Drop all open files. What a manifest names is carried through by the next :meth:`take`, by whomever."""
        self._files.drop(abort=not self._named)
        if self._manifest is not None and self._named:
            self._manifest.let_go()

    def without_committed(self, part: SinkSlice) -> SinkSlice | None:
        """Leave out records that the manifest has as visible; None when nothing is left."""
        committed = self.committed if self._manifest is not None else None
        if committed is None or part.offsets[0] >= committed:
            return part
        start = next((place for place, offset in enumerate(part.offsets) if offset >= committed), len(part))
        return cut(part, start, len(part)) if start < len(part) else None

    def without_finished(self, file: FileId, rows: Rows) -> Rows:
        """Leave out records that are visible already and are read again because of others."""
        last = self._finished.get(file) if self._finished else None
        if last is None:
            return rows
        return Rows(rows.part, [place for place in rows.places if rows.part.offsets[place] > last])

    def _settled(self, next_offset: int) -> None:
        """The only place where offsets become safe: every object up to here is visible and durable."""
        self._files.release()
        self.committed = next_offset
        self._finished = {file: last for file, last in self._finished.items() if last >= next_offset}

    def _by_manifest(self, manifest: Manifest, files: Sequence[OpenFile], next_offset: int) -> None:
        self._tools.finisher.stage(files)
        manifest.decide(next_offset, [each.stage() for file in files for each in file.objects])
        self._tools.finisher.finish(files)
        manifest.carried_out()

    def _lose(self, error: NoSuchUploadException) -> None:
        """Somebody aborted an upload, and with it went parts that are nowhere else. Raises Lost."""
        logger.warning("%s: an upload is gone; its records are read again", self._where, exc_info=error)
        unfinished = self._note_finished()
        again = min(file.first_offset for _, file in unfinished)
        if self._manifest is not None:
            first = min(file.first_offset for file in self._files.open.values())
            self._finished.clear()
            self._manifest.take()
            self.committed = self._manifest.committed
            again = first if self.committed is None else self.committed
        raise Lost(again)

    def _rename(self) -> None:
        """A name is taken: another owner of the partition has written that object. As the original does, look for the next
        name that is free, and go on from there (spec 6). Raises Lost."""
        unfinished = self._note_finished()
        taken = [not self._is_free(found.key, hidden=False) for _, found in unfinished]
        if not any(taken):
            raise ConnectException(
                f"{unfinished[0][1].key} could not be written because it exists, but it does not exist: the store contradicts itself"
            )
        starts = []
        for (file, found), is_taken in zip(unfinished, taken, strict=True):
            start = self._free_start(file, found) if is_taken else found.first_offset  # its request failed otherwise
            self._finished[file] = start - 1
            starts.append(start)
        again = min(starts)
        logger.warning("%s: an object exists already; goes on from offset %d", self._where, again)
        raise Lost(again)

    def _note_finished(self) -> list[tuple[FileId, OpenFile]]:
        """Remember what is visible; the files that are not."""
        unfinished = []
        for file, found in self._files.open.items():
            if all(each.state is FileState.VISIBLE for each in found.objects):
                self._finished[file] = found.last_offset
            else:
                unfinished.append((file, found))
        return unfinished

    def _free_start(self, file: FileId, found: OpenFile) -> int:
        limit = found.first_offset + self._tools.settings.scan_limit
        for start in range(found.first_offset + 1, limit):
            if start > found.last_offset:
                return start
            key = self._tools.naming.file(file[0], file[1], self._where.partition, start).values
            if key is None or self._is_free(key, hidden=True):
                return start
        return limit

    def _is_free(self, key: str, *, hidden: bool) -> bool:
        """Whether there is nothing under ``key``; ``hidden`` when the store does not say."""
        try:
            return self._tools.outputs.store.head(key) is None
        except ForbiddenException:
            return hidden

    def _made_manifest(self) -> Manifest:
        key = manifest_key(self._tools.naming.root, self._tools.settings, self._where)
        return Manifest(self._tools.outputs.store, key, self._where, self._tools.owner)
