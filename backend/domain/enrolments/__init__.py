"""Who is in which batch, the activities of a batch, attendance and progress."""
