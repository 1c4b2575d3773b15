"""What `loki doctor` looks at, each group in a module of its own."""
