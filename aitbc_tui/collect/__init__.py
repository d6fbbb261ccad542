"""A thread and loop of its own: when to ask what of whom; turns answers into events."""
