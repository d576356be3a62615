"""Programs that call for a partner: their secrets, their tokens, and what they were used for."""
