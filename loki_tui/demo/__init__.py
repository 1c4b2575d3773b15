"""What `loki demo` works on: a PRD, and the recorded answers of a model. Data only."""

from __future__ import annotations
