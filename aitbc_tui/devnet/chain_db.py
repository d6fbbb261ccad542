"""A node's chain.db as a real SQLite file, so that a backup of it is a real one. It holds the blocks of the start."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from aitbc_tui.devnet.chain_net import Node
from aitbc_tui.devnet.host_files import HostFiles
from aitbc_tui.devnet.options import CHAIN_ID

_TABLE = """
CREATE TABLE block (id INTEGER PRIMARY KEY, chain_id TEXT, height INTEGER, hash TEXT, parent_hash TEXT, proposer TEXT,
timestamp TEXT, tx_count INTEGER)
"""


def data_folder(files: HostFiles) -> Path:
    return files.home / "var" / CHAIN_ID


def write_chain_db(files: HostFiles, node: Node) -> Path:
    """Made once when the devnet starts; the RPC answers from memory."""
    folder = data_folder(files)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "chain.db"
    path.unlink(missing_ok=True)
    rows = [
        (b.chain_id, b.height, b.hash, b.parent_hash, b.proposer, b.timestamp.replace("T", " "), b.tx_count)
        for b in node.state.blocks.values()
    ]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_TABLE)
        names = "chain_id, height, hash, parent_hash, proposer, timestamp, tx_count"
        database.executemany(f"INSERT INTO block ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    files.put("python", f"{sys.executable}\n")
    return path
