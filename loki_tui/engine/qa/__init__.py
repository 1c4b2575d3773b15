"""The QA phases: what each looks for in a repository, what it runs there, and what its result amounts to."""
