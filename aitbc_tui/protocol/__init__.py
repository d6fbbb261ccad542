"""Bytes in, domain values out, without any I/O: requests described, answers parsed, failures named."""
