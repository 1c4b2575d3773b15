"""What test runners report, read as what anybody may have written: bounded, and never as code."""
