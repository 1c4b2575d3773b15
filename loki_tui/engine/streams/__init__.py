"""Parallel work: what is divided, who works on what, and how it comes together again."""
