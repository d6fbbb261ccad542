"""GPU figures that follow the work: utilisation, memory, temperature, power, as nvidia-smi would print them."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

from aitbc_tui.devnet.seeded import Seeded

DRIVER = "550.54.15"
_IDLE_W, _IDLE_C = 24.0, 37.0
LEAST_W, MOST_W = 100.0, 450.0
_IDLE, _POWER_CAP = 0x1, 0x4


@dataclass(slots=True)
class Card:
    """One card. `step` moves its figures towards what it is doing."""

    index: int
    uuid: str
    name: str
    total_mib: int
    limit_w: float
    rng: random.Random
    busy: bool = False
    lost: bool = False
    held_mib: int = 12
    util: int = 0
    temp: float = _IDLE_C
    watts: float = _IDLE_W
    serial: str = field(default="[N/A]")

    def step(self, seconds: float) -> None:
        """Advance by `seconds`: power follows at once, temperature slowly."""
        self.util = self.rng.randint(91, 99) if self.busy else self.rng.choice((0, 0, 0, 1, 2))
        wanted_w = self.limit_w * self.rng.uniform(0.86, 0.95) if self.busy else _IDLE_W + self.rng.uniform(0, 6)
        self.watts += (wanted_w - self.watts) * min(1.0, seconds / 2)
        wanted_c = 74.0 if self.busy else _IDLE_C
        self.temp += (wanted_c - self.temp) * min(1.0, seconds / 25)

    def _throttled(self) -> str:
        """Idle clocks are a reason too, in NVML's eyes; a limit below the default is met under load."""
        mask = _IDLE if not self.busy else _POWER_CAP if self.limit_w < MOST_W else 0
        return f"0x{mask:016X}"

    def fields(self) -> dict[str, str]:
        """Every field that may be queried, without units."""
        return {
            "index": str(self.index),
            "count": "",
            "uuid": self.uuid,
            "gpu_uuid": self.uuid,
            "name": self.name,
            "gpu_name": self.name,
            "driver_version": DRIVER,
            "pci.bus_id": f"00000000:{self.index + 1:02X}:00.0",
            "serial": self.serial,
            "utilization.gpu": str(self.util),
            "utilization.memory": str(self.util * 6 // 10),
            "memory.total": str(self.total_mib),
            "memory.used": str(self.held_mib),
            "memory.free": str(self.total_mib - self.held_mib),
            "temperature.gpu": str(round(self.temp)),
            "power.draw": f"{self.watts:.2f}",
            "power.limit": f"{self.limit_w:.2f}",
            "enforced.power.limit": f"{self.limit_w:.2f}",
            "power.min_limit": f"{LEAST_W:.2f}",
            "power.max_limit": f"{MOST_W:.2f}",
            "power.default_limit": f"{MOST_W:.2f}",
            "clocks_throttle_reasons.active": self._throttled(),
            "clocks_event_reasons.active": self._throttled(),
            "fan.speed": str(min(100, max(0, round((self.temp - 30) * 1.6)))),
            "clocks.sm": "2520" if self.busy else "210",
            "clocks.current.sm": "2520" if self.busy else "210",
            "clocks.mem": "10251" if self.busy else "405",
            "pstate": "P2" if self.busy else "P8",
            "ecc.errors.uncorrected.volatile.total": "[N/A]",
        }


def make_card(seeded: Seeded, host: str, index: int) -> Card:
    """A card of this host with an id of its own."""
    identity = uuid.UUID(bytes=seeded.bytes("gpu", host, index)[:16], version=4)
    rng = seeded.rng("gpu", host, index)
    return Card(index, f"GPU-{identity}", "NVIDIA GeForce RTX 4090", 24564, MOST_W, rng)
