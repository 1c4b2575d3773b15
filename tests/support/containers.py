"""The container engine that tests run on, and the image that they find there."""

from __future__ import annotations

import os
from functools import cache

from loki_tui.containers.engine import Engine, connect
from loki_tui.core.errors import LokiError
from loki_tui.core.settings import Settings

IMAGE = "loki-base:ci"
"""Made by `.ci/base_image.py`, since no test pulls one."""

PODMAN = os.environ.get("TEST_PODMAN", "")
"""The socket of a second engine that has the same image."""


@cache
def trouble_with_engine() -> str:
    """Why tests on containers cannot run here; empty where they can."""
    try:
        engine = connect(os.environ)
    except LokiError as error:
        return error.message
    try:
        found = engine.api.images(name=IMAGE)
    finally:
        engine.api.close()
    return "" if found else f"there is no image {IMAGE}; python .ci/base_image.py {IMAGE} makes it"


@cache
def engine_for_tests() -> Engine:
    """The engine, for a look from outside."""
    return connect(os.environ)


def settings_for(confinement: str, **changes: object) -> Settings:
    """Settings with the image of the tests."""
    return Settings.model_validate({"confinement": confinement, "sandbox_image": IMAGE, **changes})
