"""Canonical bytes, Ed25519, trust store values and verdicts: pure."""
