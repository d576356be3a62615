"""Every unit of background work: state, attempt, lease, progress, report."""
