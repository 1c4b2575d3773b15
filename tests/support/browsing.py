"""A browser that nobody has used before, which reaches nothing but loopback."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,800",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def _key_of(pem: bytes) -> str:
    key = x509.load_pem_x509_certificate(pem).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


@contextmanager
def browsing(profile: Path, *, trusts: Iterable[bytes] = ()) -> Iterator[Chrome]:
    """A browser, as long as this lasts.

    Args:
        profile: Where it keeps what it remembers.
        trusts: Certificates, as PEM, that it takes for valid.
    """
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    known = f"--ignore-certificate-errors-spki-list={','.join(map(_key_of, trusts))}"
    for flag in (*FLAGS, known, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    browser = Chrome(options=options, service=ChromeService(executable_path=str(CHROMEDRIVER)))
    try:
        yield browser
    finally:
        browser.quit()
