"""Java's ``ssl.*`` and ``sasl.*`` keys as librdkafka's and kafka-python's."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from confluent_kafka import Producer
from tests.kafka.jars import ServiceUnavailableError
from tests.kafka.tls import STORE_PASSWORD, Certificates, make_certificates

from penstock.api.exceptions import ConfigException
from penstock.log.kafka_config import Notices, translate
from penstock.log.kafka_keys import Role
from penstock.log.kafka_python import python_settings
from penstock.log.kafka_ssl import openssl_ciphers, pem

PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
KERBEROS = "com.sun.security.auth.module.Krb5LoginModule"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    try:
        return make_certificates(tmp_path_factory.mktemp("tls") / "made")
    except ServiceUnavailableError as error:
        pytest.skip(str(error))


def native(**config: str) -> dict[str, str]:
    found = translate(Role.ADMIN, "127.0.0.1:1", {k.replace("_", "."): v for k, v in config.items()}, Notices()).native
    Producer({**found, "log_level": 0})  # librdkafka takes it, and can read the files
    return found


def refused(**config: str) -> str:
    with pytest.raises(ConfigException) as error:
        native(**config)
    return str(error.value)


def tls_config(**config: str) -> dict[str, str]:
    return {"security_protocol": "SSL", **config}


def test_pem_files(tls: Certificates) -> None:
    found = native(
        **tls_config(
            ssl_keystore_type="PEM",
            ssl_keystore_location=str(tls.client_keystore),
            ssl_truststore_type="PEM",
            ssl_truststore_location=str(tls.ca),
            ssl_endpoint_identification_algorithm="",
        )
    )
    assert found["security.protocol"] == "ssl"
    assert found["ssl.key.location"] == found["ssl.certificate.location"] == str(tls.client_keystore)
    assert found["ssl.ca.location"] == str(tls.ca)
    assert found["ssl.endpoint.identification.algorithm"] == "none"
    assert python_settings(found, 1)["security_protocol"] == "SSL"


def test_pem_texts_also_in_one_line(tls: Certificates) -> None:
    key = tls.client_key.read_text()
    found = native(
        **tls_config(
            ssl_keystore_type="PEM",
            ssl_keystore_key=" ".join(key.split("\n")),
            ssl_keystore_certificate_chain=tls.client_certificate.read_text() + tls.ca.read_text(),
            ssl_truststore_type="PEM",
            ssl_truststore_certificates=tls.ca.read_text().replace("\n", " "),
            ssl_endpoint_identification_algorithm="https",
        )
    )
    assert found["ssl.key.pem"] == key
    assert found["ssl.certificate.pem"].count("-----BEGIN CERTIFICATE-----") == 2
    assert found["ssl.ca.pem"] == tls.ca.read_text()
    context = python_settings(found, 1)["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1


def test_encrypted_pem_keys_keep_their_headers() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nQUJD\n-----END RSA PRIVATE KEY-----"
    assert pem("ssl.keystore.key", text, "PRIVATE KEY") == text + "\n"


def test_a_pkcs12_key_store(tls: Certificates) -> None:
    found = native(**tls_config(ssl_keystore_location=str(tls.client_pkcs12), ssl_keystore_password=STORE_PASSWORD))
    assert found["ssl.keystore.location"] == str(tls.client_pkcs12)
    with pytest.raises(ConfigException, match=r"reads no PKCS12 key store; use PEM files with ssl\.keystore\.type=PEM"):
        python_settings(found, 1)


def test_a_java_key_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    store = tmp_path / "client.jks"
    store.write_bytes(b"\xfe\xed\xfe\xed\x00\x00")
    text = refused(**tls_config(ssl_keystore_location=str(store), ssl_keystore_password="x"))
    assert text == (
        f"ssl.keystore.location={store} is a Java key store (JKS), which only Java can read. Convert it with 'keytool"
        f" -importkeystore -srckeystore {store} -destkeystore client.p12 -deststoretype PKCS12' and set"
        " ssl.keystore.type=PKCS12, or use PEM files with ssl.keystore.type=PEM"
    )


@pytest.mark.parametrize(
    ("head", "kind", "command"),
    [
        (b"\xfe\xed\xfe\xed", "Java (JKS)", "keytool -exportcert -rfc -keystore {} -alias <name> -file ca.pem"),
        (b"\x30\x82\x01\x02", "PKCS12", "openssl pkcs12 -in {} -nokeys -out ca.pem"),
    ],
)
def test_a_trust_store_that_is_no_pem_is_refused_with_what_to_do(
    head: bytes, kind: str, command: str, tmp_path: Path
) -> None:
    store = tmp_path / "trust"
    store.write_bytes(head)
    assert refused(**tls_config(ssl_truststore_location=str(store), ssl_truststore_password="x")) == (
        f"ssl.truststore.location={store} is a {kind} trust store; OpenSSL reads trusted certificates from PEM only. Convert it"
        f" with '{command.format(store)}' and set ssl.truststore.type=PEM and ssl.truststore.location=ca.pem"
    )


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            {"ssl.keystore.key": "k"},
            "SSL private key can be specified only for PEM, but key store type is JKS.",
        ),
        (
            {"ssl.keystore.key": "k", "ssl.keystore.type": "PEM"},
            "SSL private key is specified, but certificate chain is not specified.",
        ),
        (
            {"ssl.keystore.certificate.chain": "c", "ssl.keystore.type": "PEM"},
            "SSL certificate chain is specified, but private key is not specified",
        ),
        ({"ssl.keystore.password": "p"}, "SSL key store is not specified, but key store password is specified."),
        ({"ssl.keystore.location": "/x"}, "SSL key store is specified, but key store password is not specified."),
        (
            {"ssl.keystore.location": "/no/such", "ssl.keystore.password": "p"},
            "Failed to load SSL keystore /no/such of type JKS: No such file or directory",
        ),
        (
            {"ssl.keystore.location": __file__, "ssl.keystore.password": "p"},
            f"Failed to load SSL keystore {__file__} of type JKS: it is no PKCS12 file",
        ),
        ({"ssl.truststore.password": "p"}, "SSL trust store is not specified, but trust store password is specified."),
        (
            {"ssl.truststore.certificates": "c"},
            "SSL trust store certs can be specified only for PEM, but trust store type is JKS.",
        ),
        (
            {"ssl.truststore.certificates": "c", "ssl.truststore.type": "PEM"},
            "Invalid PEM keystore configs: ssl.truststore.certificates holds no CERTIFICATE in PEM format",
        ),
        (
            {"ssl.truststore.location": "/x", "ssl.truststore.type": "PEM", "ssl.truststore.password": "p"},
            "SSL trust store password cannot be specified for PEM format.",
        ),
        (
            {"ssl.endpoint.identification.algorithm": "LDAPS"},
            (
                "Invalid value LDAPS for configuration ssl.endpoint.identification.algorithm: must be https, or empty to check no"
                " host names"
            ),
        ),
        (
            {"ssl.engine.factory.class": "com.example.Engine"},
            (
                "Invalid value com.example.Engine for configuration ssl.engine.factory.class: an engine factory is a Java class,"
                " which cannot run here"
            ),
        ),
    ],
)
def test_ssl_keys_that_are_refused(config: dict[str, str], text: str) -> None:
    assert refused(**{k.replace(".", "_"): v for k, v in config.items()}, security_protocol="SSL") == text


def test_ssl_and_sasl_keys_mean_nothing_without_their_protocol() -> None:
    found = native(ssl_keystore_location="/no/such", sasl_jaas_config="nonsense")
    assert not any(name.startswith(("ssl.", "sasl.")) for name in found)


@pytest.mark.parametrize(
    ("java", "openssl"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "DHE-RSA-AES128-SHA256"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    ],
)
def test_cipher_suites_have_openssls_names(java: str, openssl: str) -> None:
    assert openssl_ciphers([java, "TLS_AES_256_GCM_SHA384"]) == openssl


def test_cipher_suites_that_openssl_lacks_are_refused() -> None:
    text = "for configuration ssl.cipher.suites: OpenSSL has no cipher suite NOT-THERE"
    assert text in refused(**tls_config(ssl_cipher_suites="TLS_NOT_WITH_THERE"))
    assert "TLS 1.3 suites are always on" in refused(**tls_config(ssl_cipher_suites="TLS_AES_256_GCM_SHA384"))


@pytest.mark.parametrize(
    ("mechanism", "module"), [("PLAIN", PLAIN), ("SCRAM-SHA-256", SCRAM), ("SCRAM-SHA-512", SCRAM)]
)
def test_users_from_a_jaas_line(mechanism: str, module: str) -> None:
    found = native(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism=mechanism,
        sasl_jaas_config=f'{module} required username="alice" password="a\\"b";',
    )
    assert (found["sasl.mechanism"], found["sasl.username"], found["sasl.password"]) == (mechanism, "alice", 'a"b')
    settings = python_settings(found, 1)
    assert (settings["sasl_plain_username"], settings["sasl_plain_password"]) == ("alice", 'a"b')
    assert 'a"b' not in repr(settings)


def test_users_by_librdkafkas_own_keys() -> None:
    found = native(security_protocol="SASL_SSL", sasl_mechanism="PLAIN", sasl_username="u", sasl_password="p")
    assert (found["security.protocol"], found["sasl.username"], found["sasl.password"]) == ("sasl_ssl", "u", "p")


def test_tokens_from_an_oidc_provider() -> None:
    found = translate(
        Role.ADMIN,
        "127.0.0.1:1",
        {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "OAUTHBEARER",
            "sasl.oauthbearer.token.endpoint.url": "https://idp/token",
            "sasl.login.callback.handler.class": (
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"
            ),
            "sasl.jaas.config": f'{OAUTH} required clientId="c" clientSecret="s" scope="read" extension_lkc="1";',
        },
        Notices(),
    ).native
    assert {name: value for name, value in found.items() if name.startswith("sasl.")} == {
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": "https://idp/token",
        "sasl.oauthbearer.client.id": "c",
        "sasl.oauthbearer.client.secret": "s",
        "sasl.oauthbearer.scope": "read",
        "sasl.oauthbearer.extensions": "lkc=1",
    }


@pytest.mark.parametrize(
    ("mechanism", "jaas", "text"),
    [
        ("PLAIN", None, "sasl.mechanism=PLAIN needs a sasl.jaas.config with username and password"),
        ("PLAIN", f'{PLAIN} required username="u";', "sasl.jaas.config has no password for sasl.mechanism=PLAIN"),
        (
            "PLAIN",
            f'{SCRAM} required username="u" password="p";',
            f"sasl.jaas.config names the login module {SCRAM}, but sasl.mechanism=PLAIN needs {PLAIN}",
        ),
        (
            "SCRAM-SHA-256",
            f'{SCRAM} required username="u" password="p" tokenauth="true";',
            "sasl.jaas.config has tokenauth=true: librdkafka has no delegation tokens; use SCRAM users",
        ),
        (
            "GSSAPI",
            f"{KERBEROS} required useKeyTab=true;",
            (
                f"sasl.jaas.config names the login module {KERBEROS}, which is a Java class that cannot run here. Of JAAS lines"
                " those for PLAIN, SCRAM and OAUTHBEARER are understood; for Kerberos (GSSAPI) set librdkafka's own keys"
                " sasl.kerberos.service.name, sasl.kerberos.principal and sasl.kerberos.keytab instead"
            ),
        ),
        (
            "OAUTHBEARER",
            f"{OAUTH} required;",
            (
                "sasl.mechanism=OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url: tokens come from an OIDC provider only"
            ),
        ),
    ],
)
def test_sasl_keys_that_are_refused(mechanism: str, jaas: str | None, text: str) -> None:
    lines = {} if jaas is None else {"sasl_jaas_config": jaas}
    assert refused(security_protocol="SASL_PLAINTEXT", sasl_mechanism=mechanism, **lines) == text


def test_a_handler_in_java_is_refused() -> None:
    text = refused(
        security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", sasl_login_callback_handler_class="com.example.Mine"
    )
    assert text.endswith("callback handlers are Java classes, which cannot run here")


def test_kafka_python_takes_plain_and_scram_only() -> None:
    with pytest.raises(ConfigException, match="is set up for PLAIN and SCRAM only"):
        python_settings({"bootstrap.servers": "b:1", "security.protocol": "sasl_ssl", "sasl.mechanism": "GSSAPI"}, 1)
