"""360Learning's API v1, its read side: batches as program sessions, for partners' programs."""
