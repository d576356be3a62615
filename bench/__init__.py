"""`make bench`: how fast Lulus is, beside the ceiling for the same work, measured in the same run."""
