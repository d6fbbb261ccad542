"""`network`: which check fails for which trouble, and whether the mesh is in one piece, from both sides."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.config.model import EnvironmentConfig, HostConfig, NodeConfig, Role
from aitbc_tui.domain.node import Peers
from aitbc_tui.domain.text import SafeText
from aitbc_tui.operations import large
from aitbc_tui.operations.byhand import by_hand
from aitbc_tui.operations.checks import Check, Grade
from aitbc_tui.operations.network import leases, mesh, probe, quantile
from tests.operations.conftest import OpenScene, Scene
from tests.state.story import Story, frame


async def checks_of(it: Scene) -> dict[tuple[str, str], Check]:
    found = await probe(it.field(), await it.look(ollama=True, miners=True))
    return {(check.node or check.host, check.name): check for check in found}


async def test_each_trouble_fails_its_own_check(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.fault_on("ollama-down")
        await it.devnet.controls["follower"].act("stop", "aitbc-blockchain-rpc")
        await it.devnet.controls["follower"].act("stop", "aitbc-blockchain-p2p")
        await it.devnet._tick()
        found = await checks_of(it)
        assert {key for key, check in found.items() if check.grade is Grade.FAIL} == {
            ("gpu-1", "ollama"),
            ("follower", "rpc"),
            ("follower", "p2p port"),
        }
        for check in found.values():
            assert by_hand(check, it.environment), check
        snapshot = await it.look()
        assert mesh(snapshot, it.environment)[0] == "partition"


async def test_a_host_that_refuses_and_one_with_another_key(scene: OpenScene) -> None:
    async with scene() as it:
        await it.devnet.fault_on("ssh-drop", "follower")
        await it.devnet.fault_on("ssh-hostkey-changed", "genesis")
        found = await checks_of(it)
    assert found["follower", "tcp"].grade is Grade.FAIL and found["follower", "host key"].grade is Grade.SKIP
    assert found["genesis", "tcp"].grade is Grade.PASS and found["genesis", "host key"].kind == "trust"
    assert ("genesis", "rpc") not in found, "what is behind it is not guessed"


async def test_a_large_answer_that_stalls_while_small_ones_pass(
    scene: OpenScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE_S", 0.6)
    async with scene() as it:
        it.devnet.node("follower").gate.stalling.add("/rpc/blocks-range")
        found = await checks_of(it)
    check = found["follower", "large answer"]
    assert (
        check.grade is Grade.FAIL and "small answers pass" in check.why and "it is the node, not the way" in check.why
    )
    assert found["follower", "rpc"].grade is Grade.PASS and found["genesis", "large answer"].grade is Grade.PASS
    assert {found[host, "large ssh"].grade for host in ("genesis", "follower", "gpu-1")} == {Grade.PASS}
    assert "65,536 bytes" in found["follower", "large ssh"].why


async def test_a_large_answer_that_is_refused_or_too_large_is_no_stall(scene: OpenScene) -> None:
    async with scene() as it:
        it.devnet.node("follower").gate.failing.add("/rpc/blocks-range")
        it.devnet.node("genesis").gate.huge["/rpc/blocks-range"] = 64 * 1024 * 1024
        found = await checks_of(it)
    assert (
        found["follower", "large answer"].why.startswith("no stall: ")
        and "500" in found["follower", "large answer"].why
    )
    assert "larger than" in found["genesis", "large answer"].why
    assert {found[name, "large answer"].kind for name in ("genesis", "follower")} == {"validation"}


async def test_small_ones_that_wait_behind_the_large_one_are_told_apart(
    scene: OpenScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE_S", 0.6)
    monkeypatch.setattr(large, "SMALL_S", 0.6)
    async with scene() as it:
        gate = it.devnet.node("follower").gate
        gate.stalling.add("/rpc/blocks-range")
        original = large.of_node

        async def then_hung(*args: Any) -> Check:
            gate.hang(True)
            return await original(*args)

        monkeypatch.setattr(large, "of_node", then_hung)
        found = await checks_of(it)
    assert "wait behind it" in found["follower", "large answer"].why


@pytest.mark.parametrize("way", [Grade.FAIL, Grade.SKIP])
async def test_a_way_that_drops_large_packets_is_named(
    scene: OpenScene, monkeypatch: pytest.MonkeyPatch, way: Grade
) -> None:
    monkeypatch.setattr(large, "LARGE_S", 0.4)
    async with scene(history_jobs=2) as it:
        await it.look()
        it.devnet.node("follower").gate.stalling.add("/rpc/blocks-range")
        check = await large.of_node(it.field(), it.node("follower"), 3.0, Check("", "follower", "large ssh", way, ""))
    assert check.grade is Grade.FAIL and "lost on the way" in check.why and "MTU" in check.remedy


async def test_a_shell_that_does_not_bring_it_is_the_way(scene: OpenScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE_S", 0.5)
    monkeypatch.setattr(large, "SSH_SCRIPT", "printf x; sleep 5")
    async with scene(history_jobs=2) as it:
        await it.look()
        check = await large.over_ssh(it.field(), "follower")
    assert check.grade is Grade.FAIL and "drops large packets" in check.why


async def test_a_version_without_a_mesh_is_judged_by_its_leases(scene: OpenScene) -> None:
    async with scene(generation="2026-08", history_jobs=2) as it:
        found = await checks_of(it)
        snapshot = await it.look()
    assert not [check for check in found.values() if check.grade is Grade.FAIL]
    assert found["follower", "p2p port"].grade is Grade.SKIP
    assert re.fullmatch(r"no port in this version, 1 lease, it ends in \d+ [mh]", found["genesis", "p2p port"].why)
    verdict, why, _ = mesh(snapshot, it.environment)
    assert verdict == "leased", "nobody sees a connection"
    assert re.match(
        r"the hub holds 1 lease, it ends in \d+ [mh]; 1 follower is configured\. A lease outlives a dead", why
    )


def test_a_lease_is_told_by_its_end_and_none_is_invented() -> None:
    def said(*left: float | None) -> str:
        return leases(Peers(tuple(SafeText(f"f{n}") for n, _ in enumerate(left)), None, left))

    assert said(2970.0) == "1 lease, it ends in 49 m"
    assert said(3500.0, 125.0) == "2 leases, the first ends in 2 m"
    assert said(None) == "1 lease" and said() == "0 leases"


async def test_a_young_chain_has_no_large_answer(scene: OpenScene) -> None:
    async with scene(history_blocks=3) as it:
        found = await checks_of(it)
    assert (
        found["follower", "large answer"].grade is Grade.SKIP
        and "too small to tell" in found["follower", "large answer"].why
    )


NAMES = ("genesis", "follower", "third")
ADDRESSES = {"genesis": "10.0.0.1", "follower": "10.0.0.2", "third": "10.0.0.3"}


def environment() -> EnvironmentConfig:
    hosts = {name: HostConfig(name, address) for name, address in ADDRESSES.items()}
    nodes = tuple(NodeConfig(name, name, "http://127.0.0.1:8006", Role.NODE) for name in NAMES)
    return EnvironmentConfig("prod", hosts=hosts, nodes=nodes)


@pytest.mark.parametrize(
    ("links", "verdict", "words"),
    [
        ({"genesis": "fol thi", "follower": "gen", "third": "gen"}, "connected", "both sides"),
        ({"genesis": "fol", "follower": "gen", "third": ""}, "partition", "third has no peer"),
        ({"genesis": "fol thi", "follower": "gen thi", "third": "gen"}, "half-open", "follower → third"),
        ({"genesis": "fol", "follower": "gen", "third": "gen"}, "partition", "third"),
        ({"genesis": "fol", "follower": "gen thi"}, "connected", ""),
    ],
)
def test_the_mesh_is_judged_from_both_sides(links: Mapping[str, str], verdict: str, words: str) -> None:
    story = Story(replace(frame(NAMES)))
    from aitbc_tui.state.events import Kind

    story.well()
    for name, others in links.items():
        seen = tuple(SafeText(ADDRESSES[other]) for other in NAMES if other[:3] in others.split())
        story.tell(Kind.PEERS, name, Peers(seen, True))
    found, why, rows = mesh(story.picture(), environment())
    assert found == verdict and words in why and len(rows) == len(links)


def test_quantiles_are_values_that_were_seen() -> None:
    values = [float(n) for n in range(1, 21)]
    assert (quantile(values, 0.5), quantile(values, 0.95), quantile([7.0], 0.95)) == (10.0, 19.0, 7.0)


@pytest.mark.parametrize(
    ("host", "name", "tcp"),
    [
        (HostConfig("h", "aitbc"), "192.0.2.7", "192.0.2.7 2204"),
        (HostConfig("h", "aitbc", port=2299), "192.0.2.7", "192.0.2.7 2299"),
        (HostConfig("h", "198.51.100.3"), "198.51.100.3", "198.51.100.3 22"),
        (HostConfig("h", "198.51.100.3", port=2222), "198.51.100.3", "198.51.100.3 2222"),
    ],
)
def test_by_hand_leads_where_ssh_config_leads(tmp_path: Path, host: HostConfig, name: str, tcp: str) -> None:
    """`nc -zv aitbc 22` asked for a name that only ssh_config knows, on a port that is not the one."""
    ssh = shutil.which("ssh")
    if ssh is None:
        pytest.skip("needs ssh: install openssh-client")
    (tmp_path / "config").write_text("Host aitbc\n  HostName 192.0.2.7\n  Port 2204\n")
    (tmp_path / "ssh").write_text(f'#!/bin/sh\nexec {ssh} -F {tmp_path}/config "$@"\n')
    (tmp_path / "ssh").chmod(0o700)
    environment = EnvironmentConfig("prod", hosts={"h": host})

    def typed(step: str) -> str:
        command = f"echo {by_hand(Check('', 'h', step, Grade.PASS, ''), environment)}"
        path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        return subprocess.run(["bash", "-c", command], env=path, capture_output=True, text=True, timeout=60).stdout

    assert typed("name") == f"getent hosts {name}\n" and typed("tcp") == f"nc -zv {tcp}\n"
    here = EnvironmentConfig("prod", hosts={"h": HostConfig("h", "local")})
    assert not by_hand(Check("", "h", "tcp", Grade.PASS, "local"), here)
