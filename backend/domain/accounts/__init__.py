"""People, their roles, sessions and proofs of identity."""
