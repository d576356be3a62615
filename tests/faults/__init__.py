"""The fault suite: real processes are broken while a counted stream of work flows, and then everything is counted."""
