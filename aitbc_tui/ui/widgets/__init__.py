"""The painter and the few widgets that screens are made of."""
