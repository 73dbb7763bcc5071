"""Connectors whose schemas may be made from the first files."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from penstock.api import ConfigException, ConnectException, DataException, ParsedConfig
from penstock_file.spooldir import names
from penstock_file.spooldir.connector import Check, SpoolDirConnector
from penstock_file.spooldir.directory import Directory
from penstock_file.spooldir.inference import MOST_FILES, Generation, Sampler, generate, texts_of
from penstock_file.spooldir.schema_keys import OWN_CSV_KEYS
from penstock_file.spooldir.settings import SpoolSettings, date_reader, timestamp_field_of

logger = logging.getLogger(__name__)


def _check_names(config: ParsedConfig) -> None:
    if config.get_bool(names.SCHEMA_GENERATION):
        for name in (names.GENERATION_KEY_NAME, names.GENERATION_VALUE_NAME):
            if not config.get_string(name):
                raise ConfigException(f"'{name}' must be set if '{names.SCHEMA_GENERATION}' = true.")


def _check_timestamp_field(config: ParsedConfig) -> None:
    timestamp_field_of(config, None)


class GeneratingConnector(SpoolDirConnector):
    """With ``schema.generation.enabled`` it has no tasks until there is a file to make schemas from; a thread waits for one."""

    SPOOLDIR_GOES_ON: ClassVar[bool] = True
    CHECKS: ClassVar[Sequence[tuple[str, Check]]] = (
        (names.GENERATION_KEY_NAME, _check_names),
        (names.TIMESTAMP_FIELD, _check_timestamp_field),
    )

    _stopped: threading.Event | None = None

    @abstractmethod
    def sampler(self, config: ParsedConfig) -> Sampler:
        """What looks at the first files."""

    def start(self, props: Mapping[str, str]) -> None:
        """Make schemas if there is a file, else begin to wait for one. Raises DataException when the files' fields differ."""
        super().start(props)
        self._stopped = stopped = threading.Event()
        self._generated: tuple[str, str] | None = None
        self._given = dict(props)
        if not self._generates:
            return
        self._generated = self._generate()
        if self._generated is None:
            logger.warning(
                "There is no file in %s to make schemas from. The connector has no tasks until there is one",
                self.config.get_string(names.INPUT_PATH),
            )
            threading.Thread(target=self._wait_for_files, args=(stopped,), daemon=True, name="schema-wait").start()

    def task_configs(self, max_tasks: int) -> list[dict[str, str]]:
        """As many tasks as may be, with the schemas."""
        configs = super().task_configs(max_tasks)
        if not self._generates:
            return configs
        if self._generated is None:
            return []
        key, value = self._generated
        return [{**config, names.KEY_SCHEMA: key, names.VALUE_SCHEMA: value} for config in configs]

    def stop(self) -> None:
        """Wait for files no longer."""
        if self._stopped is not None:
            self._stopped.set()

    @property
    def _generates(self) -> bool:
        config = self.config
        missing = not config.get_string(names.KEY_SCHEMA) or not config.get_string(names.VALUE_SCHEMA)
        return config.get_bool(names.SCHEMA_GENERATION) and missing

    def _wait_for_files(self, stopped: threading.Event) -> None:
        while not stopped.wait(self.config.get_long(names.EMPTY_POLL_WAIT_MS) / 1000):
            try:
                found = self._generate()
            except ConnectException as error:
                self.context.raise_error(error)
                return
            except OSError as error:
                logger.warning("Could not look for files to make schemas from, will try again: %s", error)
                continue
            if found is not None and not stopped.is_set():
                self._generated = found
                self.context.request_task_reconfiguration()
                return

    def _generate(self) -> tuple[str, str] | None:
        """The texts of both schemas; None while there is no file. Raises OSError and DataException."""
        config = self.config
        settings = SpoolSettings.of(config, self._given)
        cleaning = settings.cleaning
        others = [path for path in (cleaning.finished_path, cleaning.error_path) if path is not None]
        files = Directory(settings.files, others).any_files(MOST_FILES)
        generation = Generation(
            key_fields=tuple(config.get_list(names.GENERATION_KEY_FIELDS)),
            key_name=config.get_string(names.GENERATION_KEY_NAME),
            value_name=config.get_string(names.GENERATION_VALUE_NAME),
            infer_types=OWN_CSV_KEYS.parsed(self._given).get_bool(names.INFER_TYPES),
        )
        schemas = generate(files, self.sampler(config), generation, date_reader(config))
        if schemas is None:
            return None
        try:
            timestamp_field_of(config, schemas[1])
        except ConfigException as error:
            raise DataException(str(error)) from error
        key, value = texts_of(schemas)
        logger.info("Setting %s to %s", names.KEY_SCHEMA, key)
        logger.info("Setting %s to %s", names.VALUE_SCHEMA, value)
        return key, value
