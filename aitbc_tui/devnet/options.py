"""What a devnet is asked to be: size, seed, generation, faults from the start, and the clock it runs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from aitbc_tui.devnet.clock import Clock, RealClock
from aitbc_tui.domain.errors import ConfigError

AUGUST = "2026-08"
APRILS = ("2026-04", "2026-04b")  # each with the coordinator of February
GENERATIONS = (*APRILS, AUGUST)
SETS = (
    "the recorded set to imitate: April's nodes with February's coordinator (2026-04; 2026-04b makes no empty blocks), "
    "or the whole platform of 2026-08. Other pairs were never observed"
)
CHAIN_ID = "ait-mainnet"
ENV_NAME = "devnet"
REAL_OLLAMA = "http://127.0.0.1:11434"


@dataclass(frozen=True, slots=True)
class DevnetOptions:
    """`seed` None draws a fresh one; `dir` None makes a private directory that is removed at the end."""

    dir: Path | None = None
    nodes: int = 2
    seed: int | None = None
    faults: tuple[str, ...] = ()
    generation: str = "2026-04"
    ollama: str = "stand-in"
    gpu_hosts: int = 1
    block_time_s: float = 2.0
    job_every_s: float = 5.0
    tx_every_s: float = 3.0
    history_blocks: int = 60
    history_jobs: int = 24
    p2p_port: int = 0
    clock: Clock = field(default_factory=RealClock)

    @property
    def empty_blocks(self) -> bool:
        """The second lineage of April makes a block only when a transaction waits."""
        return self.generation != "2026-04b"

    def check(self) -> None:
        """Refuse what cannot be built, in one line that says what is allowed."""
        if not 1 <= self.nodes <= 8:
            raise ConfigError(f"--nodes {self.nodes}: 1 to 8 nodes can be started")
        if not 1 <= self.gpu_hosts <= 2:
            raise ConfigError(f"--gpu-hosts {self.gpu_hosts}: 1 or 2 GPU hosts can be started")
        if self.generation not in GENERATIONS:
            raise ConfigError(f"--generation {self.generation}: known are {', '.join(GENERATIONS)}")
        if self.ollama not in ("stand-in", "real"):
            raise ConfigError(f"--ollama {self.ollama}: known are stand-in, real")
