"""Fixtures of the collector's tests."""

from tests.fixtures.devnet import devnet_child

__all__ = ["devnet_child"]
