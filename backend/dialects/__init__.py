"""The contracts: each package is a whole app that speaks one of them. No business rule here."""
