"""The whole platform of 2026-08: coordinator in token mode, hub and follower, as recorded.

Only this pairing was observed. A February coordinator with August nodes, or August's coordinator with April's nodes,
never was, and is not simulated. Left out of the 415 operations is all that no dashboard reads, and the login by a
signed nonce: tokens are minted with the server's secret, as operators do.
"""
