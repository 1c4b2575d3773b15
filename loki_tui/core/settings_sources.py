"""Where settings come from, which source wins, and what is refused.

Strongest first: the command line, the environment, the person's configuration file, the
defaults. The workspace's own file stands apart, because agents can write it: it may make a run
stricter than the person's sources do, never looser. Whatever is unknown, invalid or would have
no effect stops the start, all of it in one error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from loki_tui.core.errors import UsageError
from loki_tui.core.secret_names import SECRET_VARIABLES
from loki_tui.core.setting_types import Standing, Tighten
from loki_tui.core.settings import PREFIX, Settings, SettingsFields, variable_of
from loki_tui.core.settings_docs import bounds_of, show
from loki_tui.core.settings_files import read_settings_file
from loki_tui.core.settings_workspace import tightened

WORKSPACE_FILE = ".loki.toml"
"""The settings file in a workspace."""

_FIELDS = SettingsFields.model_fields

_TIGHTEN = {name: mark for name, info in _FIELDS.items() for mark in info.metadata if isinstance(mark, Tighten)}


_OPTIONS = {"budget_limit": "--budget", "confinement": "--sandbox", "parallel_mode": "--parallel"}
"""What options are called whose settings have other names."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from."""

    source: Literal["default", "command line", "environment", "configuration file", "workspace file"]
    file: Path | None = None

    def __str__(self) -> str:
        return f"{self.source} {self.file}" if self.file else self.source

    def term(self, name: str) -> str:
        """A field as it is called there."""
        if self.source == "environment" and name in _FIELDS:
            return variable_of(name)
        if self.source == "command line":
            return _OPTIONS.get(name) or f"--{name.replace('_', '-')}"
        return name if name.isidentifier() else ascii(name)

    def label(self, name: str) -> str:
        """The same, with the file it is in."""
        return f"{self.term(name)} in {self.file}" if self.file else self.term(name)


_DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True)
class ResolvedSettings:
    """Settings, and where each of them comes from."""

    settings: Settings
    origins: Mapping[str, Origin]
    """Field to origin, for every field."""


def load_settings(
    *, environ: Mapping[str, str], overrides: Mapping[str, object], config_file: Path, workspace: Path | None
) -> Settings:
    """The settings of a run. Like `resolve_settings`, for who need not know their origins."""
    return resolve_settings(environ=environ, overrides=overrides, config_file=config_file, workspace=workspace).settings


def resolve_settings(
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    config_file: Path,
    workspace: Path | None,
    config: Mapping[str, object] | None = None,
) -> ResolvedSettings:
    """Put the sources together.

    Args:
        environ: The environment; only `LOKI_*` and `HOME` are looked at.
        overrides: Field to value, from the command line; none stands for an option not given.
        config_file: The person's configuration file, which need not exist.
        workspace: The directory whose own settings file, if any, may tighten the rest. None where a
            run is taken up again: its file may be an agent's by now, and what it said at the
            start is among the recorded settings.
        config: What the configuration file is about to say, to be judged in place of what it says.

    Raises:
        UsageError: Something is unknown, invalid, contradictory, looser than allowed or not in
            force; names all of it.
    """
    intake = _Intake(home=environ.get("HOME", ""))
    values: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    given = {name: value for name, value in overrides.items() if value is not None}
    for origin, raw in (
        (Origin("configuration file", config_file), intake.read(config_file) if config is None else config),
        (Origin("environment"), _variables(environ)),
        (Origin("command line"), given),
    ):
        accepted = intake.accept(raw, origin)
        values |= accepted
        origins |= dict.fromkeys(accepted, origin)
    if workspace is not None:
        intake.tighten(values, origins, workspace)
    settings = intake.finish(values, origins)
    return ResolvedSettings(settings, {name: origins.get(name, _DEFAULT) for name in _FIELDS})


def _variables(environ: Mapping[str, str]) -> dict[str, object]:
    """What the environment sets, by field; the name of an unknown variable stays as it is."""
    fields = {variable_of(name): name for name in _FIELDS}
    return {
        fields.get(key, key): value
        for key, value in environ.items()
        if key.startswith(PREFIX) and key.removesuffix("_FILE") not in SECRET_VARIABLES
    }


def _default(name: str) -> object:
    return _FIELDS[name].get_default(call_default_factory=True)


def _quoted(value: object) -> str:
    """A value as given, short enough for a line and without control characters."""
    text = str(value) if isinstance(value, int | float | Decimal) else ascii(value)
    return text if len(text) <= 60 else f"{text[:50]}… ({len(text)} characters)"


@dataclass(slots=True)
class _Intake:
    """Takes values in, source by source, and remembers every problem with them."""

    home: str
    problems: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Fields with a problem of their own: what they would conflict with is unknown."""

    def read(self, file: Path) -> dict[str, object]:
        """What a file says; nothing where it cannot be used."""
        try:
            return read_settings_file(file)
        except UsageError as error:
            self.problems.append(error.message)
            return {}

    def accept(self, raw: Mapping[str, object], origin: Origin) -> dict[str, object]:
        """The values of one source that are known, valid and in force."""
        known = {name: value for name, value in raw.items() if self._is_usable(name, value, origin)}
        valid = self._validated(known, origin)
        return {name: value for name, value in valid.items() if self._is_in_force(name, value, origin)}

    def tighten(self, values: dict[str, object], origins: dict[str, Origin], workspace: Path) -> None:
        """Let the workspace's file make the values stricter, in place.

        Where a person set a field themselves and the file is looser, theirs simply stands.
        """
        origin = Origin("workspace file", workspace / WORKSPACE_FILE)
        proposals = self.accept(self._permitted(self.read(workspace / WORKSPACE_FILE), origin), origin)
        for name, proposed in proposals.items():
            own = values.get(name, _default(name))
            how = _TIGHTEN[name]
            stricter = tightened(how, own=own, proposed=proposed, workspace=workspace)
            if stricter is not None:
                values[name], origins[name] = stricter, origin
            elif name not in origins:
                self._refuse(
                    name,
                    f"{origin.label(name)} is looser than the default{f', {show(own)}' if own else ''}: agents can "
                    f"write that file, so it {how.value} there and no more. Set {variable_of(name)} instead.",
                )

    def finish(self, values: Mapping[str, object], origins: Mapping[str, Origin]) -> Settings:
        """The settings of these values, if nothing was wrong anywhere."""
        try:
            settings = Settings.model_validate(values)
        except ValidationError as error:
            self.problems += self._contradictions(error, values, origins)
        else:
            if not self.problems:
                return settings
        if len(self.problems) == 1:
            message = self.problems[0]
        else:
            lines = "".join(f"\n  {problem}" for problem in self.problems)
            message = f"{len(self.problems)} settings cannot be used:{lines}"
        raise UsageError(message, hint="`loki config show` lists every setting, its value and where it comes from.")

    def _permitted(self, raw: Mapping[str, object], origin: Origin) -> dict[str, object]:
        """What a workspace may speak of at all; unknown names are judged later."""
        for name in raw.keys() & (_FIELDS.keys() - _TIGHTEN.keys()):
            self._refuse(
                name,
                f"{origin.label(name)} is refused: agents can write that file, so it may only tighten limits and "
                f"choose the test command. Set {variable_of(name)} instead.",
            )
        return {name: value for name, value in raw.items() if name in _TIGHTEN or name not in _FIELDS}

    def _is_usable(self, name: str, value: object, origin: Origin) -> bool:
        """Whether a name is known and has a value."""
        if name not in _FIELDS:
            near = get_close_matches(name.removeprefix(PREFIX).lower().replace("-", "_"), _FIELDS, n=1)
            hint = f" Did you mean {origin.term(near[0])}?" if near else ""
            self.problems.append(f"{origin.label(name)} is no setting.{hint}")
            return False
        if Standing.ENVIRONMENT in _FIELDS[name].metadata and origin.file is not None:
            self._refuse(name, f"{origin.label(name)} has no effect: set {variable_of(name)} in the environment.")
            return False
        if isinstance(value, str) and not value.strip():
            self._refuse(name, f"{origin.label(name)} is empty: unset it, or give {bounds_of(_FIELDS[name])}.")
            return False
        return True

    def _validated(self, known: Mapping[str, object], origin: Origin) -> dict[str, object]:
        """The values that fit their fields, in their final form."""
        try:
            valid = SettingsFields.model_validate(known, context={"home": self.home})
        except ValidationError as error:
            wrong = {str(detail["loc"][0]): detail for detail in reversed(error.errors(include_url=False))}
            for name, detail in wrong.items():
                inner = ".".join(map(str, detail["loc"][1:]))
                where = f" ({inner}: {detail['msg']})" if inner else ""
                self._refuse(
                    name,
                    f"{origin.label(name)} is {_quoted(known[name])}; it must be {bounds_of(_FIELDS[name])}{where}.",
                )
            return self._validated({name: known[name] for name in known.keys() - wrong.keys()}, origin)
        return {name: getattr(valid, name) for name in known}

    def _is_in_force(self, name: str, value: object, origin: Origin) -> bool:
        """Whether this version does what a value asks for."""
        if Standing.PLANNED not in _FIELDS[name].metadata or value == _default(name):
            return True
        self._refuse(
            name,
            f"{origin.label(name)} is not enforced by this version, and Loki does not pretend: unset it.",
        )
        return False

    def _contradictions(
        self, error: ValidationError, values: Mapping[str, object], origins: Mapping[str, Origin]
    ) -> Iterator[str]:
        """What each conflict is about, in the names and values that were given."""
        for conflict in error.errors(include_url=False)[0]["ctx"]["conflicts"]:
            if self.refused.isdisjoint(conflict.fields):
                yield f"{' and '.join(_stated(name, values, origins) for name in conflict.fields)} {conflict.reason}."

    def _refuse(self, name: str, problem: str) -> None:
        self.refused.add(name)
        self.problems.append(problem)


def _stated(name: str, values: Mapping[str, object], origins: Mapping[str, Origin]) -> str:
    origin = origins.get(name, Origin("environment"))
    value = show(values.get(name, _default(name))) or "not set"
    return f"{origin.label(name)} ({value}{'' if name in origins else ', the default'})"
