"""What a command finds around it: the environment, the project, the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from loki_tui.core.events import RunCreated
from loki_tui.core.settings import OF_THE_SCREEN, Settings, variable_of
from loki_tui.core.settings_sources import ResolvedSettings, resolve_settings
from loki_tui.runtime.whereabouts import project_here
from loki_tui.store.project import Project


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a command was called, and with what."""

    environ: Mapping[str, str]
    project: Project

    @classmethod
    def here(cls, environ: Mapping[str, str], directory: Path | None = None) -> Surroundings:
        """The project that a directory belongs to: the working directory unless another is named.

        Raises:
            UsageError: There can be no project there.
        """
        return cls(environ, project_here(environ, directory))

    def settings(self, overrides: Mapping[str, object] | None = None) -> Settings:
        """The settings in force.

        Args:
            overrides: Field to value, from the command line; none stands for an option not given.

        Raises:
            UsageError: A setting is wrong; names all that are.
        """
        return self.resolve(overrides).settings

    def settings_of(self, created: RunCreated) -> Settings:
        """The settings of a run that is taken up again: those it began with, or what the environment says by now.

        The workspace's own file is not read: an agent may have written it since.

        Raises:
            UsageError: A setting is wrong; names all that are.
        """
        recorded = {
            name: value
            for name, value in created.settings.items()
            if variable_of(name) not in self.environ and name not in OF_THE_SCREEN
        }
        return resolve_settings(
            environ=self.environ, overrides=recorded, config_file=config_file(), workspace=None
        ).settings

    def resolve(self, overrides: Mapping[str, object] | None = None) -> ResolvedSettings:
        """The settings in force, and where each comes from.

        Raises:
            UsageError: A setting is wrong; names all that are.
        """
        return resolve_settings(
            environ=self.environ,
            overrides=overrides or {},
            config_file=config_file(),
            workspace=self.project.workspace,
        )


def config_file() -> Path:
    """The person's own configuration file; it need not exist."""
    return platformdirs.user_config_path("loki") / "config.toml"
