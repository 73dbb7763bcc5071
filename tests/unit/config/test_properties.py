"""Java's .properties, and connector files. The expected values were given by ``java.util.Properties``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.api.exceptions import ConnectException
from penstock.config.connector_file import ConnectorFile, load_connector_file
from penstock.config.properties import load_properties, parse_properties


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", {}),
        (b"a=1\r\nb:2\rc 3\n", {"a": "1", "b": "2", "c": "3"}),
        (b"  a = 1 \n", {"a": "1 "}),
        (b"a\tb=c\n", {"a": "b=c"}),
        (b"a = = b\n", {"a": "= b"}),
        (b"a::b\n", {"a": ":b"}),
        (b"# a=1\n ! b=2\nc=3 # not a comment\n", {"c": "3 # not a comment"}),
        (b"a=1\\\n   2\\\n\t3\n", {"a": "123"}),
        (b"a=1\\\\\nb=2\n", {"a": "1\\", "b": "2"}),
        (b"a=x\\\n# no comment here\n", {"a": "x# no comment here"}),
        (b"a\\=b\\ c=d\n", {"a=b c": "d"}),
        (b'a=\\t\\n\\r\\f\\q\\"\n', {"a": '\t\n\r\fq"'}),
        (b"a=b\\u00e9\n", {"a": "b\u00e9"}),
        (b"a=\\uD83D\\uDE00\n", {"a": "\U0001f600"}),
        (b"a=\xe9\n", {"a": "\u00e9"}),
        ("a=\u00e9\n".encode(), {"a": "\u00c3\u00a9"}),
        (b"a=1\na=2\n", {"a": "2"}),
        (b"a\n=b\n", {"a": "", "": "b"}),
        (b"a=1\\", {"a": "1"}),
        (b"\\", {"": ""}),
        (b"\\\r\n", {}),
    ],
)
def test_reads_as_java_does(text: bytes, expected: dict[str, str]) -> None:
    assert parse_properties(text) == expected


def test_a_broken_escape_is_told_with_file_and_place(tmp_path: Path) -> None:
    file = tmp_path / "w.properties"
    file.write_bytes(b"a=\\u00zz\n")
    with pytest.raises(ValueError, match="malformed") as caught:
        load_properties(file)
    assert str(caught.value) == (
        f"{file}: malformed \\uxxxx encoding at '\\u00zz': four hexadecimal digits must follow \\u"
    )


class TestConnectorFiles:
    def load(self, tmp_path: Path, content: object, name: str = "c.json") -> ConnectorFile:
        file = tmp_path / name
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return load_connector_file(file)

    def refused(self, tmp_path: Path, content: object) -> str:
        with pytest.raises(ConnectException) as caught:
            self.load(tmp_path, content)
        return str(caught.value).replace(str(tmp_path / "c.json"), "FILE")

    def test_flat_json(self, tmp_path: Path) -> None:
        found = self.load(tmp_path, '{"name": "n", "tasks.max": 2, "x": 1.50, "on": true, "nothing": null}')
        assert found == ConnectorFile("n", {"name": "n", "tasks.max": "2", "x": "1.50", "on": "true", "nothing": None})

    def test_nested_json_with_a_state(self, tmp_path: Path) -> None:
        found = self.load(tmp_path, {"name": "n", "config": {"k": "v"}, "initial_state": "paused", "more": 1})
        assert found == ConnectorFile("n", {"k": "v", "name": "n"}, "PAUSED")

    def test_properties_whatever_the_extension(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, "name=n\nk: v\n") == ConnectorFile("n", {"name": "n", "k": "v"})

    def test_a_properties_file_may_begin_as_json_does(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, "{x=1\nname=n\n").config == {"{x": "1", "name": "n"}

    def test_byte_order_marks_and_text_behind_are_taken_as_jackson_takes_them(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, b'\xef\xbb\xbf{"name": "n"} trailing').name == "n"

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConnectException) as caught:
            load_connector_file(tmp_path / "absent.json")
        assert str(caught.value) == (
            f"{tmp_path}/absent.json (No such file or directory): the connector configuration file cannot be read"
        )

    def test_malformed_json_says_where(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, '{"name": "n",}') == (
            "Connector configuration at 'FILE' is malformed JSON: Expecting property name enclosed in double quotes: line 1 "
            "column 14 (char 13)"
        )

    def test_malformed_properties(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, "name=\\u00\n") == (
            "Connector configuration at 'FILE' is malformed properties: malformed \\uxxxx encoding at '\\u00': four "
            "hexadecimal digits must follow \\u"
        )

    @pytest.mark.parametrize("content", ["topic=t\n", {"k": "v"}, {"config": {"k": "v"}}])
    def test_a_name_is_needed(self, tmp_path: Path, content: object) -> None:
        assert self.refused(tmp_path, content) == (
            "Connector configuration at 'FILE' is missing the mandatory 'name' configuration"
        )

    def test_names_must_agree(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, {"name": "a", "config": {"name": "b"}}) == (
            "Connector name configuration in 'config' doesn't match the one specified in 'name' at 'FILE'"
        )

    def test_an_unknown_state(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, {"name": "a", "config": {}, "initial_state": "gone"}) == (
            "Connector configuration at 'FILE' has initial_state 'gone': it must be one of RUNNING, PAUSED, STOPPED"
        )

    def test_values_are_single(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, {"name": "a", "config": {"topics": ["a", "b"]}}) == (
            "Connector configuration at 'FILE' has a list as the value of 'config.topics': values are texts, numbers, true or "
            "false; write a list as one text with commas"
        )

    def test_something_else(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path, ["a"]) == (
            "Connector configuration at 'FILE' is a list: write an object of keys and values, or an object with 'name' and "
            "'config'"
        )
