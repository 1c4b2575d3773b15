"""What a project measures its own speed with: which benchmarks it has, and how their figures are read."""
