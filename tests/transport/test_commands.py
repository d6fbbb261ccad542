"""The persistent shell, single commands and streams, over both kinds of host."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from aitbc_tui.domain.errors import CommandError, ConnectError
from aitbc_tui.transport.host import Host, open_host
from aitbc_tui.transport.spec import HostSpec
from aitbc_tui.transport.tasks import Tasks
from tests.fixtures.sshd import RealSshd
from tests.fixtures.waiting import nap, until


async def sh(host: Host, script: str, max_bytes: int = 1000) -> tuple[int, bytes, bytes]:
    found = await host.shell(script, timeout_s=5, max_bytes=max_bytes)
    return found.exit_status, found.stdout, found.stderr


async def test_shell_gives_status_and_both_streams(host: Host) -> None:
    assert await sh(host, "echo out; echo err >&2; (exit 7)") == (7, b"out\n", b"err\n")
    assert await sh(host, "printf 'no newline'") == (0, b"no newline", b"")
    assert await sh(host, "") == (0, b"", b"")
    assert await sh(host, 'x="it\'s"; cd /') == (0, b"", b"")
    assert await sh(host, 'echo "$x" $PWD') == (0, b"it's /\n", b"")
    assert (await sh(host, "cat <<'E'\na $x `b`\nE"))[1] == b"a $x `b`\n"


async def test_shell_survives_mistakes_in_a_script(host: Host) -> None:
    assert (await sh(host, "if ("))[0] != 0
    assert (await sh(host, "no-such-command-here"))[0] == 127
    assert await sh(host, "cat") == (0, b"", b"")  # reads nothing of what comes after it
    with pytest.raises(CommandError, match="ended in the middle"):
        await sh(host, "exit 3")
    assert await sh(host, "echo again") == (0, b"again\n", b"")


async def test_shell_output_that_looks_like_a_marker_is_output(host: Host) -> None:
    odd = b"\n0123456789abcdef01234567 0\n"
    assert (await sh(host, "printf '\\n0123456789abcdef01234567 0\\n'"))[1] == odd


async def test_shell_calls_take_turns(host: Host) -> None:
    found = await asyncio.gather(*(sh(host, f"echo {number}; sleep 0.01; echo {number}") for number in range(20)))
    assert [out for _, out, _ in found] == [f"{number}\n{number}\n".encode() for number in range(20)]


async def test_waiting_for_a_turn_counts(host: Host, tmp_path: Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    slow = asyncio.create_task(sh(host, f": >{begun}; until [ -e {go} ]; do sleep 0.05; done"))
    await until(begun.exists, 10)
    with pytest.raises(CommandError) as caught:
        await host.shell("echo", timeout_s=0.2, max_bytes=10)
    assert caught.value.timed_out and not slow.done()
    go.touch()
    assert (await slow)[0] == 0  # the one in turn is not disturbed


async def test_shell_killed_from_outside_starts_anew(host: Host) -> None:
    _, pid, _ = await sh(host, "echo $$; y=1")
    await host.run(["kill", "-9", pid.decode().strip()], timeout_s=5, max_bytes=100)
    with pytest.raises(CommandError, match="the shell ended"):  # at once; what was asked is asked no second time
        await sh(host, "echo $y.")
    assert await sh(host, "echo $y.") == (0, b".\n", b"")


async def test_a_shell_that_ends_by_itself_starts_anew(host: Host) -> None:
    with pytest.raises(CommandError, match="the shell ended"):
        await sh(host, "exit 3")
    assert await sh(host, "echo on") == (0, b"on\n", b"")


async def test_the_shell_costs_three_processes(host: Host) -> None:
    """The one that leads the session, the one that hands on, and the one that runs what it is handed."""
    _, said, _ = await sh(host, "echo $PPID")
    leader = psutil.Process(int(said))
    assert len(leader.children(recursive=True)) == 2


async def test_run_quotes_nothing_away(host: Host) -> None:
    words = ["a b", "it's", '"', "$HOME", "*", "", "-n", "`x`", "\\", "ä"]
    found = await host.run(["printf", "%s|", *words], timeout_s=5, max_bytes=1000)
    assert found.stdout.decode() == "".join(f"{word}|" for word in words)
    assert (found.exit_status, found.stderr) == (0, b"")


async def test_run_gives_status_and_missing_commands_are_127(host: Host) -> None:
    assert (await host.run(["sh", "-c", "exit 42"], timeout_s=5, max_bytes=10)).exit_status == 42
    assert (await host.run(["no-such-command"], timeout_s=5, max_bytes=1000)).exit_status == 127


async def test_run_that_lasts_too_long_is_ended(host: Host) -> None:
    with pytest.raises(CommandError, match="sh took longer than 0.3 s") as caught:
        await host.run(["sh", "-c", f"sleep {nap(71)} & sleep {nap(71)}"], timeout_s=0.3, max_bytes=10)
    assert caught.value.timed_out
    await until(lambda: not RealSshd.commands(nap(71)), 6)


async def test_cap_counts_standard_error_too(host: Host) -> None:
    with pytest.raises(CommandError, match="printed more than 100 bytes"):
        await host.run(["sh", "-c", "yes >&2"], timeout_s=5, max_bytes=100)
    with pytest.raises(CommandError, match="printed more than 100 bytes"):
        await sh(host, "yes >&2", 100)
    assert len((await sh(host, "printf '%0100d' 0", 100))[1]) == 100
    with pytest.raises(CommandError):
        await sh(host, "printf '%0101d' 0", 100)


async def test_stream_cuts_lines_and_keeps_order(host: Host) -> None:
    script = "printf 'one\\r\\n\\n'; printf '%050d\\n' 7; printf 'last'"
    found = [line async for line in host.stream(["sh", "-c", script], max_line=10)]
    assert found == [b"one", b"", b"0000000000", b"last"]


async def test_stream_lines_that_come_in_pieces(host: Host) -> None:
    script = "printf 'a'; sleep 0.05; printf 'b\\nc'; sleep 0.05; printf 'd\\n'"
    assert [line async for line in host.stream(["sh", "-c", script], max_line=10)] == [b"ab", b"cd"]


async def test_stream_is_ended_with_its_reader(host: Host) -> None:
    script = f"trap '' TERM; echo go; sleep {nap(72)}"
    async with aclosing(host.stream(["sh", "-c", script], max_line=10)) as lines:  # type: ignore[type-var]
        assert await anext(lines) == b"go"
    await until(lambda: not RealSshd.commands(nap(72)), 6)


async def test_local_needs_no_ensure_and_says_when_closed() -> None:
    host = open_host(HostSpec("here", "local"))
    assert (await host.shell("echo x", timeout_s=5, max_bytes=10)).stdout == b"x\n"
    running = asyncio.create_task(host.run(["sleep", nap(73)], timeout_s=60, max_bytes=10))
    await until(lambda: bool(RealSshd.commands(nap(73))), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await host.close()
    await until(lambda: not RealSshd.commands(nap(73)), 6)
    with pytest.raises(ConnectError, match="closed"):
        await host.shell("echo x", timeout_s=5, max_bytes=10)


async def test_closing_waits_for_the_end_of_what_was_only_being_started() -> None:
    tasks, go, ended = Tasks(), asyncio.Event(), asyncio.Event()

    async def start() -> int:
        await go.wait()
        return 7

    async def end(what: int) -> None:
        await asyncio.sleep(0.01)
        ended.set()

    def undo(made: int) -> None:
        tasks.spawn(end(made))

    caller = asyncio.create_task(tasks.whole(start(), undo))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    asyncio.get_running_loop().call_soon(go.set)
    await tasks.settle(20)
    await tasks.close()
    assert ended.is_set()
