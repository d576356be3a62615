"""What the school looks like at a glance: one statement for each panel, read only."""
