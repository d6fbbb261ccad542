"""The folder that a devnet writes its hosts into: a private one of its own, or the one that was named."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from aitbc_tui.domain.errors import ConfigError

_MARK = ".aitbc-devnet"  # a directory with this in it may be written over


def private_folder(wanted: Path | None) -> tuple[Path, bool]:
    """The folder, and whether it is ours to remove."""
    if wanted is None:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        base = runtime if runtime and _may_hold_programs(runtime) else None
        return Path(tempfile.mkdtemp(prefix="aitbc-devnet-", dir=base)), True
    wanted = wanted.expanduser().absolute()
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(wanted.iterdir()) and not (wanted / _MARK).exists():
            raise ConfigError(f"--dir {wanted}: not empty, and not made by a devnet", remedy="name an empty directory")
        wanted.chmod(0o700)
        (wanted / _MARK).touch()
    except OSError as exc:
        raise ConfigError(f"--dir {wanted}: {exc.strerror}") from exc
    shutil.rmtree(wanted / "hosts", ignore_errors=True)  # of an earlier run
    return wanted, False


def _may_hold_programs(folder: str) -> bool:
    """The stand-ins must be executable where they lie."""
    try:
        mounted_noexec = os.statvfs(folder).f_flag & os.ST_NOEXEC
    except OSError:
        return False
    return not mounted_noexec and os.access(folder, os.W_OK | os.X_OK)
