"""An OpenID provider that is none of ours, as a process: `python -m tests.support.openid_provider CERT KEY`.

It prints its port, and serves until its standard input ends. Its people are `ada`, an admin of Loki, and `eve`.
"""

from __future__ import annotations

import sys
import threading

from oidc_provider_mock import User, app  # type: ignore[import-untyped]
from werkzeug.serving import make_server


def main() -> None:
    """Serve."""
    certificate, key = sys.argv[1:]
    people = [User(sub="ada", claims={"loki_role": "admin"}), User(sub="eve", claims={})]
    server = make_server(
        "127.0.0.1", 0, app(user_claims=people, require_nonce=True), threaded=True, ssl_context=(certificate, key)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
