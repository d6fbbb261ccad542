"""The child that reads NVML: one line of JSON per reading, until its parent is gone (or one, with `--once`)."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable
from typing import Any

EVERY_S = 5.0
MOST_PROCESSES = 64
Fields = dict[str, Any]


def _ask(call: Callable[[], Any], failed: type[Exception]) -> Any:
    """A sensor that this card does not have is None, not zero."""
    try:
        return call()
    except failed:
        return None


def read_cards(nvml: Any) -> list[Fields]:
    """Every card, field by field; a card that is lost from the bus is said to be lost."""
    cards = []
    driver = _name(_ask(nvml.nvmlSystemGetDriverVersion, nvml.NVMLError))
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            card = _card(nvml, index)
        except nvml.NVMLError as error:
            if getattr(error, "value", None) != nvml.NVML_ERROR_GPU_IS_LOST:
                raise
            card = {"index": index, "lost": True}
        cards.append({**card, "driver": driver})
    return cards


def _card(nvml: Any, index: int) -> Fields:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = _ask(lambda: nvml.nvmlDeviceGetMemoryInfo(handle), nvml.NVMLError)
    use = nvml.nvmlDeviceGetUtilizationRates
    rates = _lost_or_none(nvml, lambda: use(handle))
    power = _ask(lambda: nvml.nvmlDeviceGetPowerUsage(handle), nvml.NVMLError)
    limit = _ask(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle), nvml.NVMLError)
    bounds = _ask(lambda: nvml.nvmlDeviceGetPowerManagementLimitConstraints(handle), nvml.NVMLError)
    return {
        "index": index,
        "uuid": _name(_ask(lambda: nvml.nvmlDeviceGetUUID(handle), nvml.NVMLError)),
        "name": _name(_ask(lambda: nvml.nvmlDeviceGetName(handle), nvml.NVMLError)),
        "utilisation": None if rates is None else rates.gpu,
        "memory_used": None if memory is None else memory.used,
        "memory_total": None if memory is None else memory.total,
        "temperature": _ask(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU), nvml.NVMLError),
        "power": None if power is None else power / 1000.0,
        "power_limit": None if limit is None else limit / 1000.0,
        "clock_sm": _ask(lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM), nvml.NVMLError),
        "clock_memory": _ask(lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM), nvml.NVMLError),
        "throttle": _ask(lambda: nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle), nvml.NVMLError),
        "power_min": None if bounds is None else bounds[0] / 1000.0,
        "power_max": None if bounds is None else bounds[1] / 1000.0,
        "processes": _ask(lambda: _processes(nvml, handle), nvml.NVMLError),
    }


def _processes(nvml: Any, handle: Any) -> list[Fields]:
    """What computes on the card; its name is that of its program, never its arguments."""
    found = []
    for one in nvml.nvmlDeviceGetComputeRunningProcesses(handle)[:MOST_PROCESSES]:
        found.append({"pid": one.pid, "name": _program(one.pid), "memory": one.usedGpuMemory})
    return found


def _program(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read(64).strip()
    except OSError:
        return "?"  # ended meanwhile, or another container's


def _lost_or_none(nvml: Any, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except nvml.NVMLError as error:
        if getattr(error, "value", None) == nvml.NVML_ERROR_GPU_IS_LOST:
            raise
        return None


def _name(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _say(document: Fields) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def main(once: bool) -> int:
    """Ends when its standard input closes: then the parent is gone, however it went."""
    import pynvml

    while True:
        try:
            pynvml.nvmlInit()
            while True:
                _say({"cards": read_cards(pynvml)})
                if once or _parent_gone():
                    return 0
        except pynvml.NVMLError as error:
            _say({"error": str(error)})
            if once or _parent_gone():
                return 1


def _parent_gone() -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], EVERY_S)
    return bool(ready) and not os.read(0, 1)


if __name__ == "__main__":
    raise SystemExit(main("--once" in sys.argv[1:]))
