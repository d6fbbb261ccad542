"""The settings model, loading with provenance, and paths (never creates anything when asked)."""
