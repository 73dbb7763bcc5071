"""``sasl.jaas.config`` lines; the expectations are what Kafka 4.3.1's own parser made of the same texts."""

from __future__ import annotations

import pytest

from penstock.api.exceptions import ConfigException
from penstock.log.jaas import parse_jaas

M = "org.apache.kafka.common.security.plain.PlainLoginModule"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (f'{M} required username="a" password="b";', {"username": "a", "password": "b"}),
        (f"{M} required username='a' password='b\"c';", {"username": "a", "password": 'b"c'}),
        (rf'{M} required password="q\"x\\y\n\101\u0041\8";', {"password": 'q"x\\y\nAu00418'}),
        (rf'{M} required u="\377\400\0\7z";', {"u": "\xff\x200\x00\x07z"}),
        (f"{M} required username=abc password=x-y_$z.1;", {"username": "abc", "password": "x-y_$z.1"}),
        (f"{M} REQUIRED username=abc;", {"username": "abc"}),
        (f"{M} optional username=é;", {"username": "é"}),
        (f'{M} required /* c */ username="a" // x\n password="b" ;', {"username": "a", "password": "b"}),
        (f'{M} required a = "x" a="y";', {"a": "y"}),
        (f'{M} required u="";', {"u": ""}),
        (f'"{M}" "required" "u"="v";', {"u": "v"}),
        (f'{M} required u="a"v="b";', {"u": "a", "v": "b"}),
        (f"  \n {M}\nrequired\nu=a\n;\n", {"u": "a"}),
        (f"{M} required;", {}),
    ],
)
def test_reads_as_java_does(text: str, options: dict[str, str]) -> None:
    module = parse_jaas(text)
    assert module.name == M
    assert module.options == options


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Login module not specified in JAAS config"),
        (";", "Login module control flag not specified in JAAS config"),
        (f"{M};", "Login module control flag is not available in the JAAS config"),
        (f"{M} 1 u=a;", "Login module control flag is not available in the JAAS config"),
        (f"{M} foo u=a;", "Invalid login module control flag '[hidden]' in JAAS config, must be 'required'"),
        (f"{M} required", "JAAS config entry not terminated by semi-colon"),
        (f'{M} required username="a"', "JAAS config entry not terminated by semi-colon"),
        (f'{M} required username="a\nb";', "Value not specified for key '[hidden]' in JAAS config"),
        (f"{M} required username;", "Value not specified for key 'username' in JAAS config"),
        (f"{M} required password=123;", "Value not specified for key 'password' in JAAS config"),
        (f"{M} required password=-x;", "Value not specified for key 'password' in JAAS config"),
        (f"{M} required password==a;", "Value not specified for key 'password' in JAAS config"),
        (f'{M} required password="se" "cret";', "Value not specified for key '[hidden]' in JAAS config"),
        (f"{M} required u=a/b;", "JAAS config entry not terminated by semi-colon"),
        (f"{M} required; {M} required;", "JAAS config property contains 2 login modules, should be 1 module"),
    ],
)
def test_refuses_what_java_refuses(text: str, reason: str) -> None:
    with pytest.raises(ConfigException) as error:
        parse_jaas(text)
    assert str(error.value) == f"Invalid value [hidden] for configuration sasl.jaas.config: {reason}"


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(parse_jaas(f'{M} required username="a" password="secret";'))
