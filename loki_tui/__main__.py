"""`python -m loki_tui`, and the `loki` command."""

from __future__ import annotations

import gc
import os
import sys

from loki_tui import __version__


def main() -> None:
    """Run the command line.

    `version` is answered before anything is imported: it is what scripts ask most.
    """
    if sys.argv[1:] in (["version"], ["--version"]):
        sys.stdout.write(f"loki {__version__}\n")
        return
    # Imports make half a million objects that stay: with the usual threshold of 700 Python would look
    # for garbage among them again and again, for a sixth of the whole start-up.
    gc.set_threshold(10_000)
    # pydantic would read what every installed package says of itself, to find plug-ins of its own.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from loki_tui.cli.screen import straight_to_screen  # noqa: PLC0415 (see above)

    if "_LOKI_COMPLETE" not in os.environ and (show := straight_to_screen(sys.argv[1:], os.environ)) is not None:
        from loki_tui.cli.output import guarded  # noqa: PLC0415

        sys.exit(guarded(show))
    from loki_tui.cli.app import run  # noqa: PLC0415

    sys.exit(run())


if __name__ == "__main__":
    main()
