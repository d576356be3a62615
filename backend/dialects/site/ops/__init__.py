"""The operations page: what runs, what gave up, what happened, for admins."""
