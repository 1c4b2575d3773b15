"""Variables that begin with `LOKI_` and are no settings, since what they hold is secret.

Apart from the settings, which take longer to load than many commands take.
"""

from __future__ import annotations

WEBHOOK_VARIABLES = ("LOKI_NOTIFY_WEBHOOK", "LOKI_NOTIFY_SLACK", "LOKI_NOTIFY_DISCORD")
"""Whoever knows these addresses may write to them. Each may also be in a file, named by the variable with `_FILE`
behind it."""

CLIENT_SECRET = "LOKI_OIDC_CLIENT_SECRET"
"""What the dashboard shows the OpenID provider, where it is no public client; may be in a file, too."""

SECRET_VARIABLES = (*WEBHOOK_VARIABLES, CLIENT_SECRET)
"""All of them."""
