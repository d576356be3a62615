"""The pages of the house itself: the start page, checking a certificate, and the 404 of the rest."""
