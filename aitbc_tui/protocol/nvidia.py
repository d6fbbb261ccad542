"""GPUs by `nvidia-smi` in CSV: one line a card, once or again and again."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import GpuProcess, GpuReading

FIELDS = (
    "index",
    "uuid",
    "name",
    "utilization.gpu",
    "memory.used",
    "memory.total",
    "temperature.gpu",
    "power.draw",
    "power.limit",
    "driver_version",
)
# Named so by every driver since 2014; the newest ones know them by a second name as well.
DETAILS = (
    "clocks.sm",
    "clocks.mem",
    "clocks_throttle_reasons.active",
    "power.min_limit",
    "power.max_limit",
)
PROCESS_FIELDS = ("gpu_uuid", "pid", "process_name", "used_memory")
MAX_PROCESSES = 256
# NVML's bits. Idle and the application's own clocks are no throttling.
_REASONS = (
    (0x4, "power cap"),
    (0x8, "hardware slowdown"),
    (0x10, "sync boost"),
    (0x20, "software thermal"),
    (0x40, "hardware thermal"),
    (0x80, "power brake"),
    (0x100, "display clocks"),
)
MAX_BYTES = 256 * 1024
MAX_LINE = 4096
MAX_GPUS = 128
MIB = 1024 * 1024
# The index of a lost card of which only its bus is known.
UNKNOWN_INDEX = -1
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)
_BUS = r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]"
# "for GPU 0000:01:00.0: ..." of older drivers, "for GPU1: 0000:01:00.0: ..." of newer ones.
_LOST = re.compile(rf"unable to determine the device handle for gpu\s*(?:(\d{{1,3}}):\s+)?({_BUS})?|gpu is lost", re.I)


def query_argv(loop_s: int | None = None, *, details: bool = False) -> tuple[str, ...]:
    """The command: one shot, or a line a card every `loop_s` seconds for as long as it is read.

    With `details` clocks, throttle reasons and power bounds; a driver that knows one of them not refuses them all.
    """
    if loop_s is not None and not 1 <= loop_s <= 3600:
        raise ConfigError("nvidia-smi loops every 1 to 3600 seconds")
    argv = (
        "nvidia-smi",
        f"--query-gpu={','.join(FIELDS + DETAILS if details else FIELDS)}",
        "--format=csv,noheader,nounits",
    )
    return argv if loop_s is None else (*argv, f"--loop={loop_s}")


def parse_gpus(output: bytes) -> tuple[GpuReading, ...]:
    """The cards of one shot. No card at all is said by nvidia-smi in words, and is a ParseError here."""
    if len(output) > MAX_BYTES:
        raise ParseError(f"nvidia-smi printed more than {MAX_BYTES} bytes")
    cards = [card for line in output.splitlines() if (card := parse_gpu_line(line)) is not None]
    if len(cards) > MAX_GPUS:
        raise ParseError(f"nvidia-smi: more than {MAX_GPUS} cards")
    return tuple(cards)


def parse_gpu_line(line: bytes) -> GpuReading | None:
    """One line of either form; an empty one is None. A lost card is a reading, not an error: it must be shown."""
    if len(line) > MAX_LINE:
        raise ParseError(f"nvidia-smi: a line of more than {MAX_LINE} bytes")
    text = line.decode("utf-8", "replace").strip()
    if not text:
        return None
    lost = _LOST.search(text)
    try:
        row = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:
        row = []
    fields = [field.strip() for field in row]
    if len(fields) == len(FIELDS):
        return _card(fields, lost is not None)
    if len(fields) == len(FIELDS) + len(DETAILS):
        return _with_details(_card(fields[: len(FIELDS)], lost is not None), fields[len(FIELDS) :])
    if lost is not None:
        return _lost_card(int(lost[1]) if lost[1] else UNKNOWN_INDEX, lost[2] or "")
    raise ParseError(f"nvidia-smi: {clean(text, 120)}")


def _card(fields: list[str], lost: bool) -> GpuReading:
    index, uuid, name, used, memory, total, heat, power, limit, driver = fields
    number = _number(index)
    if number is None or number < 0:
        raise ParseError(f"nvidia-smi: no index in {clean(','.join(fields), 80)!r}")
    return GpuReading(
        index=int(number),
        uuid=clean(uuid, 64),
        name=clean(name, 64),
        utilisation=_number(used),
        memory_used=_mib(memory),
        memory_total=_mib(total),
        temperature=_number(heat),
        power=_number(power),
        power_limit=_number(limit),
        driver=clean(_known(driver), 32),
        lost=lost,
    )


def _with_details(card: GpuReading, fields: list[str]) -> GpuReading:
    sm, memory, reasons, least, most = fields
    return replace(
        card,
        clock_sm=_number(sm),
        clock_memory=_number(memory),
        throttle=reasons_of(reasons),
        power_min=_number(least),
        power_max=_number(most),
    )


def reasons_of(text: str) -> tuple[SafeText, ...] | None:
    """The reasons in NVML's bit mask, as nvidia-smi prints it; None for what is no mask."""
    if not re.fullmatch(r"0x[0-9a-fA-F]{1,16}", text):
        return None
    mask = int(text, 16)
    return tuple(SafeText(name) for bit, name in _REASONS if mask & bit)


def not_known(output: bytes) -> bool:
    """Whether nvidia-smi refuses a field that its driver does not have."""
    return b"is not a valid field to query" in output


def processes_argv() -> tuple[str, ...]:
    """Asks which processes compute on which card, with their memory in MiB."""
    return ("nvidia-smi", f"--query-compute-apps={','.join(PROCESS_FIELDS)}", "--format=csv,noheader,nounits")


def parse_processes(output: bytes) -> dict[str, tuple[GpuProcess, ...]]:
    """What computes, by the card's uuid. No process is no line."""
    if len(output) > MAX_BYTES:
        raise ParseError(f"nvidia-smi printed more than {MAX_BYTES} bytes")
    found: dict[str, tuple[GpuProcess, ...]] = {}
    for line in output.decode("utf-8", "replace").splitlines()[:MAX_PROCESSES]:
        fields = [field.strip() for field in next(csv.reader([line], skipinitialspace=True), [])]
        if len(fields) != len(PROCESS_FIELDS) or not fields[1].isdigit():
            if line.strip():
                raise ParseError(f"nvidia-smi: {clean(line, 120)}")
            continue
        uuid, pid, name, memory = fields
        one = GpuProcess(int(pid), clean(name.rpartition("/")[2] or name, 48), _mib(memory))
        found[uuid] = (*found.get(uuid, ()), one)
    return found


def _lost_card(index: int, bus: str) -> GpuReading:
    return GpuReading(index, clean(bus, 64), clean(""), None, None, None, None, None, None, lost=True)


def _number(text: str) -> float | None:
    """A figure, or None for [N/A], [Not Supported], [Unknown Error] and whatever else stands in brackets."""
    return float(text) if _NUMBER.fullmatch(text) else None


def _mib(text: str) -> int | None:
    amount = _number(text)
    return None if amount is None else int(amount * MIB)


def _known(text: str) -> str:
    return "" if text.startswith("[") else text
