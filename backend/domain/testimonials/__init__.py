"""What people say of a batch they were in."""
