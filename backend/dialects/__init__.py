"""The contracts, cut by caller; no business rule here."""
