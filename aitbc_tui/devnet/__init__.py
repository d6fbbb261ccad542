"""An AITBC network in a box, for the demo and the tests."""
