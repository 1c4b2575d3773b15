"""Every setting there is: name, form, default and meaning, each stated once.

A field's variable is `LOKI_` and its name in capitals. Where values come from, and which of
them are refused, is `loki_tui.core.settings_sources`; the reference table is made from the
fields and the text under them by `loki_tui.core.settings_docs`. No secret is a setting: keys
are read where they are used and shown nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from loki_tui.core.blocking import DEFAULT_BLOCKED, BlockedCommands
from loki_tui.core.messages import Frozen, JsonObject
from loki_tui.core.setting_types import (
    NETWORK_ON,
    Dollars,
    Duration,
    Host,
    KeyMap,
    Location,
    Locations,
    MemorySize,
    ModelPrices,
    Names,
    Reach,
    RiskRules,
    Standing,
    Text,
    Tighten,
    WebAddress,
)

PREFIX = "LOKI_"
"""What the name of every variable begins with."""


def variable_of(name: str) -> str:
    """The environment variable that sets a field."""
    return f"{PREFIX}{name.upper()}"


class SettingsGroup(Frozen):
    """Settings that belong together; the first line of a group's docstring is its heading."""

    model_config = ConfigDict(defer_build=True)


AGENTS_OWN = "the agent's own"
"""What stands in place of a model's name where an agent chooses it and tells nobody."""


class ModelSettings(SettingsGroup):
    """Models."""

    provider: Literal["anthropic", "claude", "acp", "replay"] = "anthropic"
    """Who answers: Loki's own agent on the Anthropic Messages API (or what speaks it), the Claude Code CLI, an agent
    that speaks the Agent Client Protocol, or a recording. What each of them honours: docs/providers.md."""
    claude_command: Text = "claude"
    """Claude Code's program, for the provider `claude`: a path, or a name on `PATH`."""
    acp_command: Text | None = None
    """How the agent of the provider `acp` is started, as in a shell: its program (a path, or a name on `PATH`) and its
    arguments."""
    acp_unmetered: bool = False
    """Let the provider `acp` work although a budget is set, which cannot be kept: nobody knows what the agent costs."""
    keyring: Annotated[bool, Standing.ENVIRONMENT] = False
    """Take keys from the system's keyring (service `loki`, user such as `ANTHROPIC_API_KEY`) where neither variable nor
    file has them; needs `pip install 'loki-tui[keyring]'`, and a keyring that encrypts."""
    cassette: Location | None = None
    """The recording that the provider `replay` plays."""
    model: Text | None = None
    """The model agents work with; stands above `LOKI_MODEL_WORK`."""
    model_planning: Text = "claude-opus-5-5"
    """The model that turns the PRD into requirements."""
    model_work: Text = "claude-sonnet-5-5"
    """The model agents work with."""
    model_fast: Text = "claude-haiku-5-5"
    """The model for small work, such as summaries."""
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    """How hard models think, where they know effort; their own default where not set."""
    max_output_tokens: Annotated[int, Field(ge=256, le=1_000_000)] = 16_000
    """The most tokens one answer may have."""
    context_window: Annotated[int, Field(ge=4_000, le=100_000_000)] | None = None
    """Tokens a model takes in and gives out together, where Loki does not know the model."""
    cache_ttl: Literal["5m", "1h"] = "5m"
    """How long a prompt stays in the provider's cache."""
    model_prices: ModelPrices = Field(default_factory=dict)
    """Prices of models Loki does not know, in dollars per million tokens, such as
    `{"name": {"input": 3, "output": 15}}`; also `cache_read`, `cache_write` and `cache_write_long`."""
    stream_idle_timeout: Duration = 120
    """How long an answer may stay silent before it is asked for again."""
    retry_base_seconds: Annotated[float, Field(gt=0, le=3600)] = 2
    """The wait after the first failed request; it doubles with each further one."""
    retry_max_seconds: Annotated[float, Field(gt=0, le=86_400)] = 300
    """The longest wait between retries, unless the provider asks for more."""


class LimitSettings(SettingsGroup):
    """Budget and limits."""

    budget_limit: Annotated[Dollars | None, Tighten.LOWER] = None
    """What a run may cost in US dollars; it pauses before a request that could cross this."""
    max_iterations: Annotated[int, Field(ge=1, le=1_000_000), Tighten.LOWER] = 1000
    """Iterations before a run ends as exhausted."""
    max_retries: Annotated[int, Field(ge=0, le=10_000), Tighten.LOWER] = 50
    """Failed requests in a row before a run ends as exhausted; successes do not count."""
    max_turns: Annotated[int, Field(ge=1, le=10_000), Tighten.LOWER] = 200
    """Turns in one iteration."""
    max_duration: Annotated[Duration | None, Tighten.LOWER] = None
    """How long a run may take before it ends as exhausted."""
    perpetual_mode: bool = False
    """Go on after every completion signal; budget and limits hold."""


class WorkspaceSettings(SettingsGroup):
    """Workspace and confinement."""

    dir: Annotated[Location | None, Standing.ENVIRONMENT] = None
    """Where journal, approvals and checkpoints live; a place of the project's own outside the
    workspace where not set."""
    allowed_paths: Annotated[Locations | None, Tighten.NARROW] = None
    """The only paths agents may write, relative to the workspace or absolute; the whole workspace where not set."""
    read_paths: Locations = ()
    """Paths outside the workspace that agents may read, beyond the system's own."""
    pass_env: Names = ()
    """Environment variables that agents' commands see, beyond the harmless ones."""
    confinement: Literal["auto", "landlock", "bwrap", "docker", "none"] = "auto"
    """What holds agents' processes; `auto` takes the best that works here, bubblewrap before Landlock, and refuses to
    start without one."""
    network: Annotated[Reach, Tighten.CLOSE] = NETWORK_ON
    """What agents' commands reach over the network: all, nothing, or these hosts through a proxy of Loki's own, which
    needs bubblewrap. `*.` stands for every name below a domain; a private address has to be named itself."""
    blocked_commands: BlockedCommands = DEFAULT_BLOCKED
    """Commands agents may not run, however they are spelled, in place of Loki's own rules; `@defaults` in the list
    stands for those. `loki policy show` lists what is in force, `loki policy test` tries a command."""
    command_timeout: Annotated[Duration, Tighten.LOWER] = 600
    """How long a command may take when the agent does not say."""


class SandboxSettings(SettingsGroup):
    """Sandbox."""

    sandbox_image: Text = "loki-sandbox:latest"
    """The image that agents' processes have for a machine, where confinement is `docker`; it needs Python 3.11, git
    and bash, and is never pulled."""
    sandbox_cpus: Annotated[float, Field(ge=0.1, le=1024), Tighten.LOWER] = 2
    """Processors that one sandbox may use."""
    sandbox_memory: MemorySize = "4g"
    """Memory that one sandbox may use; it gets no swap."""
    sandbox_network: Literal["none", "bridge"] = "none"
    """The network of a sandbox: none, or the container engine's own. `LOKI_NETWORK` may narrow it: hosts named there
    are reached through Loki's proxy, whatever this says."""
    sandbox_readonly: Annotated[bool, Tighten.ENABLE] = False
    """Let agents read the workspace and write nothing in it."""


class AutonomySettings(SettingsGroup):
    """Autonomy and agents."""

    staged_autonomy: Annotated[bool, Tighten.ENABLE] = False
    """The plan, then each state-changing action, waits for a person's approval."""
    risk_rules: Annotated[RiskRules, Tighten.STRICTER] = Field(default_factory=dict)
    """What becomes of an agent's actions by their risk, which is `read`, `edit`, `run`, `network`, `outside` or
    `destructive`: `allow`, `ask` or `block`. A class that is not named is allowed; with staged autonomy, asked about
    unless it only reads."""
    unsure_commands: Annotated[Literal["auto", "ask", "block"], Tighten.STRICTER] = "auto"
    """What becomes of a command of which one cannot tell whether a rule blocks it. `auto` asks where a person is there
    (the run has a screen, or autonomy is staged), for 15 minutes where no time limit is set, and else refuses it."""
    approval_timeout: Duration | None = None
    """How long an approval is waited for before it counts as denied; for ever where not set."""
    max_parallel_agents: Annotated[int, Field(ge=1, le=1000), Tighten.LOWER] = 10
    """Agents of every kind at work at once."""


class VerificationSettings(SettingsGroup):
    """Verification."""

    test_command: Annotated[Text | None, Tighten.CHOOSE] = None
    """What runs the project's tests; found by itself where not set."""
    test_timeout: Annotated[Duration, Tighten.LOWER] = 1800
    """How long the tests may take."""
    serve_command: Annotated[Text | None, Tighten.CHOOSE] = None
    """What starts the project's server, for phases that call it or open its pages; found by itself where not set."""
    serve_url: Text | None = None
    """Where that server answers; a port of the machine's choice, told by PORT, where not set."""
    benchmark_command: Annotated[Text | None, Tighten.CHOOSE] = None
    """What measures the project's speed; found by itself where not set."""
    performance_tolerance: Annotated[float, Field(ge=0, le=1000), Tighten.LOWER] = 25
    """Percent by which a measured time may be above the base's."""
    phase_timeout: Annotated[Duration, Tighten.LOWER] = 1800
    """How long each QA phase but the tests may take."""
    phase_unit_tests: Annotated[bool, Tighten.ENABLE] = True
    """Run the project's tests."""
    phase_test_strength: Annotated[bool, Tighten.ENABLE] = True
    """Run the tests against a product that does nothing, to find those that would not notice."""
    phase_api_tests: Annotated[bool, Tighten.ENABLE] = True
    """Call the API as its OpenAPI document describes it."""
    phase_e2e_tests: Annotated[bool, Tighten.ENABLE] = True
    """Test the whole in a browser."""
    phase_security: Annotated[bool, Tighten.ENABLE] = True
    """Scan for vulnerabilities and secrets."""
    phase_code_review: Annotated[bool, Tighten.ENABLE] = True
    """Have three reviewers read the changes."""
    phase_performance: Annotated[bool, Tighten.ENABLE] = True
    """Measure speed against the base."""
    phase_accessibility: Annotated[bool, Tighten.ENABLE] = True
    """Check pages against WCAG."""
    phase_regression: Annotated[bool, Tighten.ENABLE] = True
    """Check that what passed at the base still passes, and that no test was taken away or weakened."""


class CouncilSettings(SettingsGroup):
    """Completion council."""

    council_enabled: Annotated[bool, Tighten.ENABLE] = True
    """Let a council vote on completion."""
    council_size: Annotated[int, Field(ge=1, le=9)] = 3
    """Members of the council."""
    council_threshold: Annotated[int, Field(ge=1, le=9)] = 2
    """Votes needed for completion."""
    council_check_interval: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    """Iterations between sittings that nobody asked for."""
    council_min_iterations: Annotated[int, Field(ge=1, le=1_000_000)] = 3
    """Iterations before the first of these; a claim of completion that the facts bear out is heard at once."""
    council_calibration_interval: Annotated[int, Field(ge=0, le=1_000_000)] = 5
    """Sittings from one to the next at which a member is also shown a planted defect, to learn how often it sees one;
    0 for never."""
    council_stagnation_limit: Annotated[int, Field(ge=1, le=1_000_000), Tighten.LOWER] = 5
    """Iterations in a row without a change to the workspace before a run ends as stagnated; with changes but without
    a newly proven requirement, the agent is told after so many, and the run ends after twice as many."""


class ParallelSettings(SettingsGroup):
    """Parallel work."""

    parallel_mode: bool = False
    """Work on independent parts of the PRD at the same time, each in its own git worktree."""
    max_worktrees: Annotated[int, Field(ge=1, le=1000), Tighten.LOWER] = 5
    """Git worktrees of a parallel run at once: one in which its work comes together, and one for each stream."""
    max_parallel_sessions: Annotated[int, Field(ge=1, le=1000), Tighten.LOWER] = 3
    """Parallel streams at work at once."""


class ResourceSettings(SettingsGroup):
    """Resources."""

    resource_check_interval: Duration = 300
    """Time between looks at the machine's load."""
    resource_cpu_threshold: Annotated[int, Field(ge=1, le=100)] = 80
    """Percent of CPU above which a run warns, and lets fewer agents work at once."""
    resource_mem_threshold: Annotated[int, Field(ge=1, le=100)] = 80
    """Percent of memory above which a run warns, and lets fewer agents work at once."""


class DashboardSettings(SettingsGroup):
    """Dashboard."""

    dashboard: bool = False
    """Serve the dashboard beside a headless run, and leave it up afterwards."""
    dashboard_host: Host = "127.0.0.1"
    """The address it listens on; one beyond this machine takes a sign-in (`LOKI_OIDC_ISSUER`) or a token's file."""
    dashboard_port: Annotated[int, Field(ge=1, le=65_535)] = 57374
    """The port it listens on."""
    dashboard_url: WebAddress | None = None
    """How people reach it where that is not its host and port, such as `https://loki.example.com` behind a proxy."""
    dashboard_token_file: Location | None = None
    """A file with the token that lets in, of 32 characters or more; made where it is not there. A new token at every
    start where not set."""
    tls_cert: Location | None = None
    """Certificate chain for HTTPS, as PEM; read again when it changes."""
    tls_key: Location | None = None
    """Its private key, which nobody but its owner and group may read."""
    oidc_issuer: WebAddress | None = None
    """Who signs people in: an OpenID provider, as it names itself."""
    oidc_client_id: Text | None = None
    """The dashboard's name at the issuer: a public client, with the redirect address `/callback`."""
    oidc_audience: Text | None = None
    """Whom tokens for the API must be meant for; the client's name where not set."""
    oidc_role_claim: Text = "loki_role"
    """The claim that says who may do what: `viewer`, `operator` or `admin`; scopes such as `loki:viewer` do, too."""


class ScreenSettings(SettingsGroup):
    """Screen."""

    theme: Literal["auto", "dark", "light", "contrast", "ansi"] = "auto"
    """Colours; `auto` follows the terminal, `ansi` keeps to its own sixteen."""
    keymap: KeyMap = Field(default_factory=dict)
    """Keys of your own, by action, such as `{"run.pause": "p"}`; several with commas: `"p,ctrl+p"`."""
    notify: Literal["all", "bell", "title", "off"] = "all"
    """Tells you of what waits and of a run's end: by bell, title and desktop; by bell or title alone; not at all."""


_FEWEST_WORKTREES = 2
"""Of a parallel run: its own, and one for a stream."""

OF_THE_SCREEN = frozenset(ScreenSettings.model_fields)
"""Settings of a person's screen: they say nothing about a run, so no run records them."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Settings that cannot hold together."""

    fields: tuple[str, ...]
    reason: str
    """What cannot be, with a verb, to follow the fields' names."""


class SettingsFields(
    ModelSettings,
    LimitSettings,
    WorkspaceSettings,
    SandboxSettings,
    AutonomySettings,
    VerificationSettings,
    CouncilSettings,
    ParallelSettings,
    ResourceSettings,
    DashboardSettings,
    ScreenSettings,
):
    """All settings, each valid by itself."""


class Settings(SettingsFields):
    """All settings of a run, valid by themselves and together."""

    @property
    def models(self) -> dict[str, str]:
        """Tier (planning, work, fast) to the model that serves it."""
        if self.provider == "acp":
            return dict.fromkeys(("planning", "work", "fast"), AGENTS_OWN)
        return {
            "planning": self.model_planning,
            "work": self.model or self.model_work,
            "fast": self.model_fast,
        }

    def changed(self) -> JsonObject:
        """What a run records: its settings that differ from their defaults, as JSON."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude=set(OF_THE_SCREEN))

    def conflicts(self) -> Iterator[Conflict]:
        """What does not fit together."""
        if self.council_threshold > self.council_size:
            yield Conflict(("council_threshold", "council_size"), "ask for more votes than there are members")
        if self.retry_base_seconds > self.retry_max_seconds:
            yield Conflict(("retry_base_seconds", "retry_max_seconds"), "make the first wait longer than the longest")
        if self.context_window is not None and self.max_output_tokens >= self.context_window:
            yield Conflict(("max_output_tokens", "context_window"), "leave no room for a question beside the answer")
        if self.cassette is not None and self.provider != "replay":
            yield Conflict(("cassette", "provider"), "name a recording that the provider would not play")
        if self.parallel_mode and self.max_worktrees < _FEWEST_WORKTREES:
            yield Conflict(("max_worktrees", "parallel_mode"), "leave no worktree for a stream beside the run's own")
        if self.provider == "acp" and self.acp_command is None:
            yield Conflict(("provider", "acp_command"), "belong together: name the agent that is to be started")
        if self.provider == "acp" and self.budget_limit is not None and not self.acp_unmetered:
            yield Conflict(
                ("budget_limit", "provider"),
                "do not go together: nobody knows what the agent costs; unset the budget, or say LOKI_ACP_UNMETERED=1",
            )
        if (self.tls_cert is None) != (self.tls_key is None):
            yield Conflict(("tls_cert", "tls_key"), "are a pair, and one of them is missing")
        if (self.oidc_issuer is None) != (self.oidc_client_id is None):
            yield Conflict(("oidc_issuer", "oidc_client_id"), "are a pair, and one of them is missing")

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        if found := tuple(self.conflicts()):
            reasons = "; ".join(f"{' and '.join(conflict.fields)} {conflict.reason}" for conflict in found)
            raise PydanticCustomError("conflict", "{reasons}", {"reasons": reasons, "conflicts": found})
        return self
