"""aitbc-tui: watch and run an AITBC network from an SSH session."""

__version__ = "0.1.0"
