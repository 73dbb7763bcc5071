"""A certificate authority, a server and a client certificate as PEM and PKCS12 files, made with the ``openssl`` command."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.kafka.jars import ServiceUnavailableError

STORE_PASSWORD = "store-secret"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files. A ``…_keystore`` holds the private key and its certificate chain; ``ca`` the certificate that signed all."""

    ca: Path
    server_keystore: Path
    client_keystore: Path
    client_key: Path
    client_certificate: Path
    client_pkcs12: Path


def make_certificates(directory: Path) -> Certificates:
    """Make them for 127.0.0.1 and localhost. Raises ServiceUnavailableError without ``openssl``."""
    openssl = shutil.which("openssl")
    if not openssl:
        raise ServiceUnavailableError("openssl is not installed, so there are no certificates to test with")
    directory.mkdir(parents=True)

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=directory, check=True, capture_output=True, timeout=60)

    new_key = ("-newkey", "rsa:2048", "-nodes")
    run("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Penstock test CA")
    (directory / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    for name in ("server", "client"):
        run("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "names")
        run("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *signed)
        parts = [(directory / f"{name}.{kind}").read_text() for kind in ("key", "pem")]
        (directory / f"{name}.keystore.pem").write_text("".join([*parts, (directory / "ca.pem").read_text()]))
    run("pkcs12", "-export", "-inkey", "client.key", "-in", "client.pem", "-certfile", "ca.pem", "-out", "client.p12",
        "-passout", f"pass:{STORE_PASSWORD}")  # fmt: skip
    return Certificates(
        ca=directory / "ca.pem",
        server_keystore=directory / "server.keystore.pem",
        client_keystore=directory / "client.keystore.pem",
        client_key=directory / "client.key",
        client_certificate=directory / "client.pem",
        client_pkcs12=directory / "client.p12",
    )
