"""The demo school: a small world for development, made only by calling commands."""
