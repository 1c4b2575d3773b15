"""Settings as they are right now, and as the run at work began with them. Slow: called on threads."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from loki_tui.core.errors import LokiError
from loki_tui.core.settings import OF_THE_SCREEN, SettingsFields
from loki_tui.core.settings_docs import show
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.surroundings import Surroundings, config_file
from loki_tui.tui.views.settings import Values


def values_now(environ: Mapping[str, str]) -> Values:
    """All values and where they come from; where they are wrong, why."""
    try:
        around = Surroundings.here(environ)
        resolved = around.resolve()
    except LokiError as error:
        return Values(shown={}, origins={}, file=config_file(), error=error)
    run, recorded = _recorded(around)
    return Values(
        shown={name: show(getattr(resolved.settings, name)) for name in SettingsFields.model_fields},
        origins=resolved.origins,
        file=config_file(),
        run=run,
        recorded=recorded,
    )


def _recorded(around: Surroundings) -> tuple[str | None, Mapping[str, str] | None]:
    """What the run at work in a project began with, where that can be told."""
    try:
        holder = around.project.engine()
        created = RunClient(around.project, holder.run).view().state.created if holder is not None else None
        if holder is None or created is None:
            return None, None
        settings = SettingsFields.model_validate(created.settings)
    except (LokiError, ValidationError):
        return None, None
    names = SettingsFields.model_fields.keys() - OF_THE_SCREEN
    return holder.run, {name: show(getattr(settings, name)) for name in names}
