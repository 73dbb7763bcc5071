"""Putting a task together: nothing is made too early, and nothing is left when a later step fails (spec 4.3)."""

from __future__ import annotations

import pytest
from tests.integration.tasks.harness import Bench
from tests.integration.tasks.plugins import CountingTransform
from tests.support.worker import eventually

from penstock.states import State, TargetState

CHAIN = {"transforms": "count", "transforms.count.type": "tests.integration.tasks.plugins.CountingTransform"}
DLQ = {
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": "dead",
    "errors.deadletterqueue.topic.replication.factor": "1",
}


def topics(bench: Bench) -> list[str]:
    admin = bench.log.admin({})
    try:
        return admin.list_topics(10)
    finally:
        admin.close()


def test_a_task_that_begins_paused_has_no_dead_letter_topic_yet(bench: Bench) -> None:
    task = bench.start("SteeredSink", {"topics": "t", **DLQ}, target=TargetState.PAUSED)
    task.wait_for(State.PAUSED)
    assert "dead" not in topics(bench)
    task.control.transition(TargetState.STARTED)
    task.wait_for(State.RUNNING)
    assert "dead" in topics(bench)


def test_a_dead_letter_topic_that_cannot_be_made_fails_the_task_before_it_is_called(bench: Bench) -> None:
    task = bench.start("SteeredSink", {"topics": "t", **DLQ, "errors.deadletterqueue.topic.name": "bad topic!"})
    assert "Could not initialize dead letter queue with topic=bad topic!" in (task.wait_for(State.FAILED) or "")
    task.thread.join(10)
    assert task.handle.calls == []


@pytest.mark.parametrize(("class_name", "config"), [("SteeredSink", {"topics": "t", **DLQ}), ("SteeredSource", {})])
def test_what_was_made_before_a_mistake_is_closed_and_nothing_else_is_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, class_name: str, config: dict[str, str]
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(CountingTransform, "close", lambda _self: closed.append("transformation"))
    task = bench.start(class_name, {**config, **CHAIN, "value.converter": "no.such.Converter"})
    assert "no.such.Converter" in (task.wait_for(State.FAILED) or "")
    assert closed == ["transformation"]
    assert topics(bench) == []


def test_the_context_resolves_the_config_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "swordfish-1")
    task = bench.start("SteeredSource", {"password": "${env:A_SECRET}"})
    eventually(lambda: task.handle.context, "the context")
    assert task.handle.context.configs["password"] == "swordfish-1"
    monkeypatch.setenv("A_SECRET", "swordfish-2")
    assert task.handle.context.configs["password"] == "swordfish-2"
