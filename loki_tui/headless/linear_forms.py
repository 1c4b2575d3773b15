"""How what may be typed at a run in lines is written, and what `help` says of it."""

from __future__ import annotations

FORMS: dict[str, tuple[str, ...]] = {
    "help": ("help",),
    "status": ("status",),
    "streams": ("streams",),
    "stream": (
        "stream pause NAME",
        "stream resume NAME",
        "stream stop NAME",
        "stream share NAME DOLLARS",
        "stream say NAME NOTE",
    ),
    "approvals": ("approvals",),
    "rules": ("rules",),
    "revoke": ("revoke PATTERN",),
    "show": ("show LINE", "show p1"),
    "approve": ("approve p1", "approve p1 p2", "approve p1 for this run", "approve p1 for this run PATTERN"),
    "deny": ("deny p1 REASON",),
    "edit": ("edit p1",),
    "pause": ("pause",),
    "resume": ("resume", "resume DOLLARS"),
    "budget": ("budget DOLLARS",),
    "stop": ("stop",),
    "say": ("say NOTE",),
    "search": ("search TEXT", "search"),
    "back": ("back", "back STEPS"),
    "forward": ("forward", "forward STEPS"),
    "at": ("at EVENT", "at line LINE"),
    "errors": ("errors",),
    "requirements": ("requirements",),
    "qa": ("qa",),
    "council": ("council",),
    "review": ("review",),
    "receipt": ("receipt",),
    "costs": ("costs",),
    "quit": ("quit", "quit background"),
}
"""First word to what may be typed with it. Words in capitals stand for something else."""

HELP = (
    "status: where the run stands. Also: requirements, qa, council, receipt, costs, approvals, errors.",
    "show LINE: the whole of what a line is about, with its output or change. show p1: the whole of request p1.",
    "approve p1: approve exactly what was printed of p1. Several: approve p1 p2.",
    "approve p1 for this run: also whatever is like it, from now on. A pattern of your own may follow.",
    "deny p1 REASON: the agent is told the reason.",
    "rules: what is approved for the run. revoke PATTERN: it is asked about again.",
    "edit p1: then type the new text, and at its end a line with a dot alone. It is approved so.",
    "say NOTE: the agent reads the note at its next turn.",
    "review: the council sits once this iteration is over.",
    "pause. resume, or resume DOLLARS with a new budget. budget DOLLARS.",
    "streams: those of a parallel run. stream pause NAME: that one alone. Also: resume, stop, share, say.",
    "search TEXT: the latest places. search alone: further back.",
    "back, or back STEPS: how the run stood before. forward. at EVENT. at line LINE.",
    "stop: end the run for good; it asks first. quit: leave; it says what becomes of the run.",
)
"""What `help` says."""
