"""Bytes in, domain values out; sans-IO; every size, depth and count is capped."""
