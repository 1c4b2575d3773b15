"""The environment that commands see: an allow list, a private home, and nobody to wait for.

Made on the engine's side, where the person's whole environment is known, and given to the
hands complete: what is not named here or by the person never reaches a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_KEPT = frozenset({"LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "JAVA_HOME", "GOROOT", "DOTNET_ROOT"})
CERTIFICATES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
)
"""Where programs are told to find certificates; hands may read what these name."""
_ADDRESSES = frozenset(
    {
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "FTP_PROXY",
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_TRUSTED_HOST",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "UV_FIND_LINKS",
        "NPM_CONFIG_REGISTRY",
        "YARN_REGISTRY",
        "GOPROXY",
        "GONOSUMDB",
        "GOSUMDB",
        "RUSTUP_DIST_SERVER",
        "RUSTUP_UPDATE_ROOT",
    }
)
"""Proxies and registries, in either case; one that carries a user or a password is not passed on."""
_USERINFO = re.compile(r"//[^/\s,]*@")
_PATH = "/usr/local/bin:/usr/bin:/bin"

TOOLCHAINS = {
    "RUSTUP_HOME": ".rustup",
    "PYENV_ROOT": ".pyenv",
    "ASDF_DATA_DIR": ".asdf",
    "MISE_DATA_DIR": ".local/share/mise",
    "VOLTA_HOME": ".volta",
    "SDKMAN_DIR": ".sdkman",
    "NVM_DIR": ".nvm",
}
"""Variables by which programs find toolchains kept in the person's home, and where those are."""

_UNATTENDED = {
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "EDITOR": "true",
    "VISUAL": "true",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_TERMINAL_PROMPT": "0",
    "DEBIAN_FRONTEND": "noninteractive",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "npm_config_update_notifier": "false",
}
"""Nobody is there to page, edit, answer, or be told of a newer version."""


def toolchains(environ: Mapping[str, str], home: Path) -> dict[str, Path]:
    """The toolchains that are there, by the variable that names them."""
    places = {name: Path(environ.get(name) or home / place) for name, place in TOOLCHAINS.items()}
    return {name: place for name, place in places.items() if there(place)}


def command_environment(
    environ: Mapping[str, str],
    *,
    person: Path,
    home: Path,
    tmp: Path,
    pass_env: Iterable[str] = (),
    proxy: str = "",
) -> dict[str, str]:
    """The environment of every command.

    Args:
        environ: The person's own.
        person: The person's home, for the toolchains in it.
        home: The private home.
        tmp: The private temporary directory.
        pass_env: Names passed on as they are, whatever they hold: the person said so.
        proxy: The address of the only proxy commands reach, in place of the person's own.
    """
    kept = {name: value for name, value in environ.items() if _harmless(name, value)}
    if proxy:
        kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
        kept |= proxied(proxy)
    private = {
        "PATH": _absolute(environ.get("PATH", "")) or _PATH,
        "HOME": str(home),
        "TMPDIR": str(tmp),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "CARGO_HOME": str(home / ".cargo"),
        "GRADLE_USER_HOME": str(home / ".gradle"),
        # Java takes the home from the list of users, not from HOME.
        "MAVEN_OPTS": f"-Dmaven.repo.local={home}/.m2/repository",
    }
    found = {name: str(place) for name, place in toolchains(environ, person).items()}
    passed = {name: environ[name] for name in pass_env if name in environ}
    return {"LANG": "C.UTF-8", **kept, **found, **_UNATTENDED, **private, **passed}


def travelling(environ: Mapping[str, str], *, connected: bool) -> dict[str, str]:
    """What of the person's environment means the same in a container: no path does.

    Args:
        environ: The person's own.
        connected: Whether proxies and registries can be reached from there.
    """
    return {
        name: value
        for name, value in environ.items()
        if name in ("LANG", "LANGUAGE", "TZ")
        or name.startswith("LC_")
        or (connected and name.upper() in _ADDRESSES and "FIND_LINKS" not in name.upper() and _harmless(name, value))
    }


def proxied(proxy: str) -> dict[str, str]:
    """The variables by which programs find a proxy; by convention each in both cases."""
    named = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "localhost,127.0.0.1,::1"}
    return {**named, **{name.upper(): value for name, value in named.items()}, "NODE_USE_ENV_PROXY": "1"}


def there(path: Path) -> bool:
    """As `Path.exists`, and no where it cannot be told."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def _harmless(name: str, value: str) -> bool:
    if name in _KEPT or name in CERTIFICATES or name.startswith("LC_"):
        return True
    return name.upper() in _ADDRESSES and not _USERINFO.search(value)


def _absolute(path: str) -> str:
    """A search path without relative entries, which would mean something else in every directory."""
    return ":".join(dict.fromkeys(entry for entry in path.split(":") if entry.startswith("/")))
