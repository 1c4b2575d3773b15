"""What runs in the hands, with the project's own interpreter: its standard library alone, and any Python since 3.8.

The engine takes nothing from these modules but their text.
"""

from __future__ import annotations

import pkgutil

ARMED = "_the_tests_began"
"""By this name in the environment, a product that is to do nothing knows that the tests began; see `gone`."""


def arming(own: str) -> str:
    """A line of shell that arms a product that is to do nothing, and does nothing to any other.

    For runners that cannot say when their tests begin: for these the product does nothing from the start.

    Args:
        own: The directory of what the engine put into the checkout.
    """
    return f"[ ! -e {own}/gone.py ] || export {ARMED}=yes\n"


def text_of(name: str) -> str:
    """The source of one of these modules, to be written into a checkout.

    Args:
        name: The module's file, such as `run.py`.
    """
    data = pkgutil.get_data(__name__, name)
    assert data is not None
    return data.decode()
