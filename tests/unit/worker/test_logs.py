"""Log records on their way from a child to the worker's log."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from penstock import logcontext
from penstock.ids import TaskId
from penstock.logcontext import context_of
from penstock.worker.childlog import RECORDS_PER_SECOND, FrameHandler, apply_levels, current_levels
from penstock.worker.frames import Log
from penstock.worker.logsink import LogSink


class Sent:
    """What a FrameHandler sends to; may be full."""

    def __init__(self) -> None:
        self.frames: list[Log] = []
        self.full = False

    def __call__(self, frame: Log) -> bool:
        if self.full:
            return False
        self.frames.append(frame)
        return True

    @property
    def texts(self) -> list[str]:
        return [frame.message for frame in self.frames]


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def logger(sent: Sent) -> Iterator[logging.Logger]:
    logger = logging.getLogger("penstock.test.logs")
    handler = FrameHandler(sent)
    handler.addFilter(logcontext.ContextFilter("[x|task-0] "))
    handler.addFilter(logcontext.SecretFilter())
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


def test_a_record_becomes_a_frame(logger: logging.Logger, sent: Sent) -> None:
    with logcontext.within("[y|worker] "):
        logger.warning("value %d of %s", 3, "x")
    (frame,) = sent.frames
    assert (frame.level, frame.logger, frame.message, frame.context) == (30, logger.name, "value 3 of x", "[y|worker] ")
    assert frame.thread == threading.current_thread().name
    assert frame.trace is None


def test_an_exception_and_a_stack_go_along(logger: logging.Logger, sent: Sent) -> None:
    try:
        raise ValueError("\udcff")
    except ValueError:
        logger.exception("failed")
    logger.info("here", stack_info=True)
    assert sent.frames[0].trace is not None
    assert sent.frames[0].trace.endswith("ValueError: \\udcff")
    assert sent.texts[1].startswith("here\nStack (most recent call last):\n")


def test_a_wrong_log_call_does_not_raise_into_the_plugin(sent: Sent, capsys: pytest.CaptureFixture[str]) -> None:
    FrameHandler(sent).handle(record("%d", "no number"))
    assert sent.frames == []
    assert "--- Logging error ---" in capsys.readouterr().err


def test_drops_are_counted_and_told_in_the_next_second(
    logger: logging.Logger, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("penstock.worker.childlog.time.monotonic", lambda: now[0])
    for _ in range(RECORDS_PER_SECOND + 7):
        logger.info("again")
    assert len(sent.frames) == RECORDS_PER_SECOND
    now[0] += 1.0
    sent.full = True
    logger.info("lost, too")
    sent.full = False
    now[0] += 1.0
    logger.info("through")
    assert sent.texts[-2:] == ["8 log records were dropped: at most 2000 a second are kept", "through"]


def test_levels_are_applied_and_read() -> None:
    logger = logging.getLogger("penstock.test.levels")
    apply_levels({"penstock.test.levels": logging.ERROR})
    try:
        assert current_levels()["penstock.test.levels"] == logging.ERROR
        assert current_levels()[""] == logging.getLogger().level
    finally:
        logger.setLevel(logging.NOTSET)
    assert "penstock.test.levels" not in current_levels()


def test_the_sink_writes_frames_as_the_child_made_them(caplog: pytest.LogCaptureFixture) -> None:
    sink = LogSink()
    with caplog.at_level(logging.INFO):
        sink.write(Log(logging.WARNING, "a.b", "text", "[x|task-0] ", 1700000000.25, "task-thread-x-0", "Traceback: x"))
        sink.write(Log(logging.DEBUG, "a.b", "below the level", "", 0.0, "t", None))
        sink.say(logging.INFO, "[x|task-0] ", "printed")
        sink.close()
    first, second = caplog.records
    assert (first.name, first.levelname, first.getMessage(), first.created) == ("a.b", "WARNING", "text", 1700000000.25)
    assert (first.exc_text, first.threadName, first.msecs) == ("Traceback: x", "task-thread-x-0", 250.0)
    assert (second.name, context_of(second)) == ("penstock.output", "[x|task-0] ")


def test_a_sink_that_cannot_keep_up_drops_and_tells(caplog: pytest.LogCaptureFixture) -> None:
    stuck, go = threading.Event(), threading.Event()

    class Slow(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            stuck.set()
            go.wait(10)

    slow = Slow()
    logging.getLogger("penstock.output").addHandler(slow)
    sink = LogSink(capacity=2)
    try:
        with caplog.at_level(logging.INFO):
            sink.say(logging.INFO, "", "first")
            stuck.wait(10)
            for number in range(5):
                sink.say(logging.INFO, "", f"line {number}")
            go.set()
            sink.close()
    finally:
        logging.getLogger("penstock.output").removeHandler(slow)
    assert [text for text in caplog.messages if text.startswith("line")] == ["line 0", "line 1"]
    assert (
        "3 log records of connectors and tasks were dropped: they come faster than they can be written"
        in caplog.messages
    )


def test_context_texts_are_connects() -> None:
    assert logcontext.connector_text("orders") == "[orders|worker] "
    assert logcontext.task_text(TaskId("orders", 3)) == "[orders|task-3] "
    assert logcontext.task_text(TaskId("orders", 3), "offsets") == "[orders|task-3|offsets] "


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("x", logging.INFO, __file__, 1, message, args, None)


def test_the_context_belongs_to_the_thread_and_has_a_default() -> None:
    plain, defaulted = record("m"), record("m")
    logcontext.ContextFilter().filter(plain)
    logcontext.ContextFilter("[d|worker] ").filter(defaulted)
    assert context_of(plain) == ""
    assert context_of(defaulted) == "[d|worker] "
    seen: list[str] = []
    with logcontext.within("[a|worker] "):
        thread = threading.Thread(target=lambda: seen.append(logcontext.current()))
        thread.start()
        thread.join()
        assert logcontext.current() == "[a|worker] "
    assert seen == [""]
    assert logcontext.current() == ""


def test_a_context_that_a_record_brings_is_kept() -> None:
    brought = record("m")
    brought.__dict__["connector_context"] = "[child|task-1] "
    logcontext.ContextFilter("[d|worker] ").filter(brought)
    assert context_of(brought) == "[child|task-1] "


def test_secrets_are_hidden_in_messages_and_traces_longest_first() -> None:
    secrets = logcontext.SecretFilter()
    secrets.hide(["tiger", "scott/tiger", "ab"])
    try:
        raise ValueError("login scott/tiger refused")
    except ValueError:
        shown = logging.LogRecord("x", logging.INFO, __file__, 1, "ab as %s", ("tiger",), sys.exc_info())
    secrets.filter(shown)
    assert shown.getMessage() == "ab as [hidden]"
    assert shown.exc_text is not None
    assert "login [hidden] refused" in shown.exc_text
