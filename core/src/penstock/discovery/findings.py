"""What the discovery child tells, as msgpack with a length (4 bytes, big-endian) before each message."""

from __future__ import annotations

import struct
from signal import SIGUSR2

import msgspec

from penstock.discovery.plugins import FoundDistribution, PluginDescriptor, PluginFailure

STACKS_SIGNAL = SIGUSR2
"""Makes the child print the stacks of all its threads, even while one of them holds the GIL."""

LENGTH = struct.Struct(">I")


class Announced(msgspec.Struct, frozen=True, tag="announced"):
    """The first message: which distributions have an entry point of group ``penstock``."""

    distributions: list[FoundDistribution]


class Finding(msgspec.Struct, frozen=True, tag="finding"):
    """One distribution was examined."""

    distribution: FoundDistribution
    plugins: list[PluginDescriptor]
    failures: list[PluginFailure]


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The last message: whatever happens to the process from now on is of no interest."""


Message = Announced | Finding | Done

_DECODER: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


def decode(buffer: bytearray) -> list[Message]:
    """Take the whole messages from the front of ``buffer``."""
    messages: list[Message] = []
    while len(buffer) >= LENGTH.size:
        (length,) = LENGTH.unpack_from(buffer)
        if len(buffer) < LENGTH.size + length:
            break
        messages.append(_DECODER.decode(bytes(buffer[LENGTH.size : LENGTH.size + length])))
        del buffer[: LENGTH.size + length]
    return messages
