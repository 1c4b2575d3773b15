"""What tests look like in source text: which there are, what each asserts, and what keeps it from running."""
