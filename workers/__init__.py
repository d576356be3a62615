"""Background work: the broker, the relay, the schedule and the jobs."""
