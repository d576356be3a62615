"""What the school teaches: courses and their pictures."""
