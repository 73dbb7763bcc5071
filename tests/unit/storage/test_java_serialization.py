"""The standalone offsets file: the bytes of a live Connect 4.3.1, and files that are damaged."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.storage.java_serialization import Entry, JavaSerializationError, decode_map, encode_map

RECORDED = json.loads((Path(__file__).parent / "recorded" / "offset_files.json").read_text())


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["note"])
def test_files_of_a_live_worker(recorded: dict[str, str]) -> None:
    data = base64.b64decode(recorded["base64"])
    entries = decode_map(data)
    assert len(entries) in (2, 4)
    assert all((key or b"").startswith(b'["') and (value or b"{").startswith(b"{") for key, value in entries)
    assert encode_map(entries) == data


def test_a_reset_offset_is_a_key_with_null() -> None:
    entries = dict(decode_map(base64.b64decode(RECORDED[2]["base64"])))
    assert entries[b'["zbb38-rest",{"id":0}]'] is None


@given(st.lists(st.tuples(st.none() | st.binary(), st.none() | st.binary())))
def test_reads_what_it_writes(entries: list[Entry]) -> None:
    assert decode_map(encode_map(entries)) == entries


def test_an_array_that_occurs_twice_may_be_a_reference() -> None:
    data = encode_map([(b"k", b"v")])
    key, value = b"\x00\x00\x00\x01k", b"\x75\x71\x00\x7e\x00\x02\x00\x00\x00\x01v"
    assert key in data
    assert value in data
    assert decode_map(data.replace(value, b"\x71\x00\x7e\x00\x03")) == [(b"k", b"k")]


GOOD = encode_map([(b"k", b"v"), (b"l", None)])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{}", "at byte 0 it ends too early: 4 bytes were expected, 2 are left"),
        (b"text", "at byte 0 it does not begin as a Java serialization stream does (AC ED 00 05)"),
        (b"\xac\xed\x00\x05t\x00\x01x", "at byte 4 an object was expected"),
        (GOOD.replace(b"HashMap", b"TreeMap"), "at byte 5 the class java.util.HashMap was expected"),
        (GOOD[:-1], f"at byte {len(GOOD) - 1} it ends too early: 1 bytes were expected, 0 are left"),
        (GOOD + b"xy", f"at byte {len(GOOD)} 2 bytes follow the end of the map"),
        (GOOD.replace(b"w\x08", b"w\x09"), "at byte 71 the size of the map was expected"),
        (GOOD.replace(b"\x00\x00\x00\x02ur", b"\x00\x00\x00\x01ur"), "at byte 116 the end of the map was expected"),
        (GOOD.replace(b"\x00\x00\x00\x02ur", b"\xff\xff\xff\xffur"), "a byte array was expected, not the tag 0x78"),
        (GOOD.replace(b"[B\xac", b"[I\xac"), "at byte 82 the class of byte arrays was expected"),
        (GOOD.replace(b"q\x00~\x00\x02", b"q\x00~\x00\x01"), "the reference 0x7e0001 was expected to mean the class of byte arrays"),
        (GOOD.replace(b"uq\x00~\x00\x02\x00\x00\x00\x01v", b"q\x00~\x00\x02"), "the reference 0x7e0002 was expected to mean a byte array"),
        (GOOD.replace(b"uq\x00~\x00\x02\x00\x00\x00\x01v", b"q\xff\xff\xff\xff"), "the reference 0xffffffff was expected to mean a byte array"),
    ],
)  # fmt: skip
def test_other_files_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(JavaSerializationError) as refused:
        decode_map(data)
    assert str(refused.value).startswith("not a serialized java.util.HashMap of byte arrays: at byte ")
    assert reason in str(refused.value)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_damage_never_raises_anything_else(at: int, byte: int) -> None:
    data = bytearray(GOOD)
    data[at] = byte
    with contextlib.suppress(JavaSerializationError):  # the only error there is
        assert isinstance(decode_map(bytes(data)), list)


JAVA = """
import java.io.*; import java.nio.file.*; import java.util.*;
public class Offsets {
    static String hex(byte[] bytes) { return bytes == null ? "null" : HexFormat.of().formatHex(bytes); }
    static byte[] bytes(String hex) { return hex.equals("null") ? null : HexFormat.of().parseHex(hex); }
    @SuppressWarnings("unchecked")
    public static void main(String[] args) throws Exception {
        HashMap<byte[], byte[]> map;
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(Path.of(args[0])))) {
            map = (HashMap<byte[], byte[]>) in.readObject();
        }
        for (var entry : map.entrySet()) System.out.println(hex(entry.getKey()) + " " + hex(entry.getValue()));
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(Path.of(args[1])))) {
            HashMap<byte[], byte[]> raw = new HashMap<>();  // filled one by one, as Connect does
            for (var entry : map.entrySet()) raw.put(entry.getKey(), entry.getValue());
            out.writeObject(raw);
        }
    }
}
"""


@pytest.mark.java
@pytest.mark.parametrize("count", [0, 1, 12, 13, 100])
def test_java_reads_what_we_write_and_we_read_what_java_writes(tmp_path: Path, count: int) -> None:
    java = shutil.which("java")
    if java is None:
        pytest.skip("java is not installed")
    entries: list[Entry] = [(b"key %d" % number, b"value" if number % 3 else None) for number in range(count)]
    (tmp_path / "Offsets.java").write_text(JAVA)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.write_bytes(encode_map(entries))
    done = subprocess.run(
        [java, str(tmp_path / "Offsets.java"), str(ours), str(theirs)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = [
        tuple(None if item == "null" else bytes.fromhex(item) for item in line.split())
        for line in done.stdout.splitlines()
    ]
    assert sorted(read) == sorted(entries)
    again = theirs.read_bytes()
    assert sorted(decode_map(again)) == sorted(entries)
    assert encode_map(decode_map(again)) == again
