"""Where things are kept (XDG). Asking creates nothing; whoever writes makes the folder, private."""

from __future__ import annotations

import os
from pathlib import Path

APP = "aitbc-tui"


def config_file() -> Path:
    """The file that is read when neither `--config` nor `AITBC_TUI_CONFIG` names one."""
    import platformdirs

    return Path(platformdirs.user_config_dir(APP)) / "config.toml"


def state_dir() -> Path:
    """Logs and crash reports."""
    import platformdirs

    return Path(platformdirs.user_state_dir(APP))


def data_dir() -> Path:
    """The ledger: what must outlive the process."""
    import platformdirs

    return Path(platformdirs.user_data_dir(APP))


def trust_file(config: Path | None = None) -> Path:
    """Pins made by command, beside the configuration they belong to: two networks never share pins by accident."""
    return (config or config_file()).parent / "trust.json"


def ledger_file() -> Path:
    """Where the ledger is; not created by asking."""
    return data_dir() / "ledger.sqlite3"


def expand(raw: str, base: Path) -> Path:
    """A path as written in a file of folder `base`: `~` expanded, relative ones relative to that folder."""
    return Path(os.path.normpath(base / Path(os.path.expanduser(raw))))
