"""The devnet's fixtures, shared with other tests."""

from tests.fixtures.devnet import devnet, devnet_child, simulated

__all__ = ["devnet", "devnet_child", "simulated"]
