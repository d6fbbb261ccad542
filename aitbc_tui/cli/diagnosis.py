"""From what `doctor` heard to its checks: links, endpoints, credentials, Ollamas, cards, clocks, units."""

from __future__ import annotations

from collections.abc import Iterator

from aitbc_tui.cli.checks import Check, State, failed, ok, skipped, warned
from aitbc_tui.cli.listing import Seen
from aitbc_tui.cli.looking import link_error
from aitbc_tui.cli.probing import Found
from aitbc_tui.collect.setup import ROLES, configured_units
from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.domain.errors import AitbcError, CommandError, ConnectError, HttpError, TunnelError
from aitbc_tui.domain.snapshot import LinkRow
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.protocol import capability
from aitbc_tui.protocol.capability import Capability, Generation, Probe
from aitbc_tui.state.reduce import unit_name

SKEW_WARN_S = 5.0
MINER_KEY = "readable; not tried, because every request with it would write"


def diagnose(environment: EnvironmentConfig, seen: Seen, found: Found) -> list[Check]:
    """In the order in which a figure travels."""
    up = {str(link.host) for link in seen.snapshot.links if link.verdict.level is Level.GOOD}
    return [
        *(_link(link) for link in seen.snapshot.links),
        *(check for node in environment.nodes for check in _node(node.name, node.host, node.chain_id, found, up)),
        *_coordinator(environment, seen, found, up),
        *_tunnels(environment, found),
        *_ollamas(seen, up),
        *_gpus(seen, up),
        *_units(environment, seen, found, up),
        *_clocks(seen, found),
    ]


def _link(link: LinkRow) -> Check:
    area = "SSH" if link.way != "local" else "local"
    error = link_error(link)
    if link.verdict.level is Level.GOOD:
        rtt = f", {link.rtt_ms:.0f} ms" if link.rtt_ms is not None else ""
        return ok(area, link.host, f"{link.way}: connected{rtt}")
    return failed(area, link.host, error or ConnectError("not connected in time", host=link.host))


def _not_asked(area: str, subject: str, host: str) -> Check:
    return skipped(area, subject, f"not asked: {host} is not connected")


def _late(subject: str, host: str) -> Check:
    return failed(
        "endpoint", subject, HttpError("no answer in time", host=host, timed_out=True, remedy="--timeout SECONDS")
    )


def _endpoint(area: str, subject: str, error: AitbcError) -> Check:
    """SSH is up, and the port behind it is not to be had: the tunnel or the service."""
    return failed("tunnel" if isinstance(error, TunnelError) else area, subject, error)


def _node(name: str, host: str, chain_id: str | None, found: Found, up: set[str]) -> Iterator[Check]:
    if host not in up:
        yield _not_asked("endpoint", name, host)
        return
    answers = found.nodes.get(name, {})
    error = next((answer for answer in answers.values() if isinstance(answer, AitbcError)), None)
    if error is not None:
        yield _endpoint("endpoint", name, error)
        return
    head, health, sync = (answers.get(what) for what in ("head", "health", "sync_config"))
    if not (isinstance(head, Probe) and isinstance(health, Probe) and isinstance(sync, Probe)):
        yield _late(name, host)
        return
    what = capability.node(head, health, sync)
    if what.wrong:
        yield failed("endpoint", name, HttpError(what.wrong, status=head.status, host=host, remedy=f"rpc of {name}"))
        return
    yield ok("endpoint", name, f"node RPC, generation {what.generation.value}")
    chains = capability.supported_chains(health)
    if chain_id and chains and chain_id not in chains:
        detail = f"serves {', '.join(chains[:3])}, not {chain_id}"
        yield failed("endpoint", name, CommandError(detail, host=host, remedy=f"chain_id of {name}"))


def _coordinator(environment: EnvironmentConfig, seen: Seen, found: Found, up: set[str]) -> Iterator[Check]:
    configured = environment.coordinator
    if configured is None:
        yield skipped("endpoint", "coordinator", "none is configured")
        return
    if configured.host not in up:
        yield _not_asked("endpoint", "coordinator", configured.host)
        return
    answers = found.coordinator
    asked = [answers.get(what) for what in ("v1_health", "root_health", "auth")]
    error = next((answer for answer in asked if isinstance(answer, AitbcError)), None)
    if error is not None:
        yield _endpoint("endpoint", "coordinator", error)
        return
    v1, root, auth = asked
    if not (isinstance(v1, Probe) and isinstance(root, Probe) and isinstance(auth, Probe)):
        yield _late("coordinator", configured.host)
        return
    what = capability.coordinator(v1, root)
    if what.wrong or what.generation is Generation.UNKNOWN:
        wrong = HttpError(what.wrong, status=v1.status, host=configured.host, remedy="url of the coordinator")
        yield failed("endpoint", "coordinator", wrong)
        return
    mode = capability.auth_mode(auth)
    yield ok("endpoint", "coordinator", f"generation {what.generation.value}, credentials: {mode.value}")
    yield from _credentials(environment, seen, answers)
    yield from _capabilities(seen)


def _capabilities(seen: Seen) -> Iterator[Check]:
    """What each endpoint of each server said to what was asked just now."""
    for server in seen.snapshot.capabilities:
        for row in server.endpoints:
            word, why = str(row.verdict.word), f": {row.verdict.text}" if row.verdict.text else ""
            if row.verdict.level is Level.WARN:
                yield warned("capability", server.name, f"{row.endpoint}: {word}{why}")
            else:
                yield ok("capability", server.name, f"{row.endpoint}: {word}{why}")


def _credentials(environment: EnvironmentConfig, seen: Seen, answers: dict[str, Probe | AitbcError]) -> Iterator[Check]:
    """Each role: works, refused, unreadable, or not configured."""
    configured = environment.coordinator
    assert configured is not None
    rows = {row.role: row for row in seen.world.topology.credentials}
    for role in ROLES:
        row, probe = rows.get(role), answers.get(role)
        if row is None:
            yield skipped("credential", role, "not configured")
        elif row.verdict.word == "unreadable":
            yield failed("credential", role, CommandError(row.verdict.text, remedy=f"{role}_file or {role}_command"))
        elif role == "miner":
            yield ok("credential", role, MINER_KEY)
        elif isinstance(probe, AitbcError):
            yield failed("credential", role, probe)
        elif isinstance(probe, Probe):
            yield credential_check(row.verdict, role, configured.host, probe)


def credential_check(own: Verdict, role: str, host: str, probe: Probe) -> Check:
    """What its use showed; where that went well, also what is known of it here: that it expires soon."""
    used = _credential(role, host, probe)
    if used.state is State.OK and own.level is Level.WARN:
        return warned("credential", role, f"works, and {own.text}", f"{role}_file or {role}_command")
    return used


def _credential(role: str, host: str, probe: Probe) -> Check:
    match capability.capability(probe):
        case Capability.YES if probe.status == 200 and not probe.document:
            words = "answers 200 with something that is not JSON"
            return failed("credential", role, HttpError(words, status=200, host=host, remedy="its journal"))
        case Capability.YES:
            return ok("credential", role, "works")
        case Capability.NEEDS_CREDENTIAL | Capability.DENIED:
            remedy = f"check {role}_file or {role}_command: each role has keys of its own"
            refused = HttpError(
                f"the {role} key is refused ({probe.status})", status=probe.status, host=host, remedy=remedy
            )
            return failed("credential", role, refused)
        case other:
            said = f'"{probe.detail}"' if probe.detail else "no reason given"
            broken = HttpError(f"cannot tell: {other.value}, {probe.status} {said}", status=probe.status, host=host)
            return failed("credential", role, broken)


def _tunnels(environment: EnvironmentConfig, found: Found) -> Iterator[Check]:
    """An HTTP answer that came through SSH proves that the host forwards."""
    through = {node.host for node in environment.nodes if _answered(found.nodes.get(node.name, {}))}
    if environment.coordinator is not None and _answered(found.coordinator):
        through.add(environment.coordinator.host)
    for host in environment.hosts.values():
        if host.name in through and not host.is_local:
            yield ok("tunnel", host.name, "forwards: HTTP answers came through this connection")


def _answered(answers: dict[str, Probe | AitbcError]) -> bool:
    return any(isinstance(answer, Probe) for answer in answers.values())


def _ollamas(seen: Seen, up: set[str]) -> Iterator[Check]:
    for host, figure in seen.world.ollamas.items():
        if host not in up:
            yield _not_asked("Ollama", host, host)
            continue
        error = seen.unheard(figure, host)
        if error is not None:
            yield _endpoint("Ollama", host, error)
        elif figure.value is not None and not figure.value.models:
            yield warned("Ollama", host, "answers, and holds no model", "ollama pull MODEL on that host")
        elif figure.value is not None:
            names = ", ".join(model.name for model in figure.value.models[:5])
            yield ok("Ollama", host, f"{len(figure.value.models)} models: {names}")


def _gpus(seen: Seen, up: set[str]) -> Iterator[Check]:
    for host, figure in seen.world.gpus.items():
        if host not in up:
            yield _not_asked("GPU", host, host)
            continue
        error = seen.unheard(figure, host)
        if error is not None:
            yield failed("GPU", host, error)
            continue
        for card in figure.value or ():
            name = f"{host}:{card.index}"
            if card.lost:
                lost = CommandError("lost from the bus", host=host, remedy="dmesg on that host, then reboot it")
                yield failed("GPU", name, lost)
            else:
                yield ok("GPU", name, f"{card.name}, driver {card.driver or '?'}")
        if not figure.value:
            yield warned("GPU", host, "the driver lists no card", "or gpu = false for this host")


def _units(environment: EnvironmentConfig, seen: Seen, found: Found, up: set[str]) -> Iterator[Check]:
    """Each configured unit; where one is not there, which of the known names are, and are not configured."""
    for host, figure in seen.world.units.items():
        wanted = configured_units(environment, host)
        if not wanted or host not in up:
            continue
        error = seen.unheard(figure, host)
        if error is not None:
            yield failed("unit", host, error)
            continue
        known = {unit_name(unit.name): unit for unit in figure.value or ()}
        others = [name for name in found.units.get(host, ()) if name not in {unit_name(one) for one in wanted}]
        there = f"{host} has {', '.join(others)}" if others else "its name in the configuration"
        for name in wanted:
            unit = known.get(unit_name(name))
            if unit is None or not unit.found:
                missing = CommandError(f"{name} is not found", host=host, remedy=there)
                yield failed("unit", f"{host} {name}", missing)
            elif not unit.running:
                down = CommandError(f"{name} is {unit.active}", host=host, remedy=f"systemctl status {name} there")
                yield failed("unit", f"{host} {name}", down)
            else:
                yield ok("unit", f"{host} {name}", f"found, {unit.active}")


def offset_words(seconds: float) -> str:
    """Both ends are cut to whole seconds, and a server may renew its Date once a second: no finer than 2 s."""
    if abs(seconds) < 2:
        return "within 2 s of ours"
    return f"about {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} ours"


def _clocks(seen: Seen, found: Found) -> Iterator[Check]:
    """Shown so that logs can be compared; ages never use it."""
    skews = dict(found.skews)
    utc = seen.snapshot.utc.timestamp()
    for host, figure in seen.world.figures.items():
        if figure.value is not None and figure.value.epoch_s is not None and figure.at is not None:
            skews[f"host {host}"] = figure.value.epoch_s - (utc - (seen.snapshot.now - figure.at))
    for name, seconds in skews.items():
        said = f"{offset_words(seconds)}, of no effect on ages"
        if abs(seconds) > SKEW_WARN_S:
            yield warned("clock", name, said, "time synchronisation there and here (timedatectl)")
        else:
            yield ok("clock", name, said)
