"""Certificates: who may have one, issue, verify, revoke."""
