"""How the tests of each ecosystem are run, and what is made of what the runner reports."""
