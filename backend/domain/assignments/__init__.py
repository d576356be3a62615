"""Tasks, and what was handed in."""
