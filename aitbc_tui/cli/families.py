"""Every verb, its module and its one line of help; a module is imported only when its verb is used.

A module has `add(parser, verb)`, which adds the verb's own arguments, and `run(ctx, args) -> int`.
One module may serve several verbs: `args.verb` says which one was meant.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """`endless`: has no deadline unless `--timeout` gives one. `screen`: takes the terminal, so it never logs to it.

    `example` stands in the verb's help.
    """

    verb: str
    module: str
    help: str
    example: str
    endless: bool = False
    screen: bool = False


_HERE = "aitbc_tui.cli"

FAMILIES: tuple[Family, ...] = (
    Family(
        "demo",
        f"{_HERE}.demo",
        "open the dashboard on an embedded network that ends with it",
        "aitbc-tui demo\naitbc-tui demo --fault wedge",
        endless=True,
        screen=True,
    ),
    Family(
        "devnet",
        f"{_HERE}.devnet",
        "run that network alone, in the foreground",
        "aitbc-tui devnet --seed 7 --fault wedge=40\naitbc-tui devnet --list-faults",
        endless=True,
    ),
    Family(
        "receipts",
        f"{_HERE}.receipts",
        "receipts with their verdicts; verify receipt files offline",
        "aitbc-tui receipts --limit 5 --json\naitbc-tui receipts verify receipt.json --key signing:KEY",
    ),
    Family(
        "trust",
        f"{_HERE}.trust",
        "pinned receipt keys and SSH host keys",
        "aitbc-tui trust list\naitbc-tui trust add signing KEY",
    ),
    Family(
        "config",
        f"{_HERE}.config",
        "make, show and check the configuration",
        "aitbc-tui config init\naitbc-tui config validate",
    ),
    Family(
        "completions",
        f"{_HERE}.completions",
        "print the completion script of a shell",
        "aitbc-tui completions bash > ~/.local/share/bash-completion/completions/aitbc-tui",
    ),
    Family(
        "status",
        f"{_HERE}.status",
        "whether the nodes are online, move and agree, in the Node Coordinator's own output object",
        "aitbc-tui status --target all --json\naitbc-tui status --input request.json",
    ),
    Family(
        "health",
        f"{_HERE}.health",
        "every check of every node: units, resources, git, P2P, latency, clocks, consensus, GPUs",
        "aitbc-tui health --target all\naitbc-tui health --target follower --json",
    ),
    Family(
        "sync",
        f"{_HERE}.sync",
        "bring followers level with the producer: blockchain, mempool, configuration, git",
        "aitbc-tui sync --sync-type blockchain --target follower\naitbc-tui sync --sync-type git --dry-run",
    ),
    Family(
        "message",
        f"{_HERE}.coordinate",
        "leave a message on each node's own board, and read it back",
        "aitbc-tui message --target all --message 'maintenance at 14:00 UTC'",
    ),
    Family(
        "coordinate",
        f"{_HERE}.coordinate",
        "start, stop or restart units across nodes, one node at a time",
        "aitbc-tui coordinate --action restart --target all --force\n"
        "aitbc-tui coordinate --action restart --unit aitbc-blockchain-node --target follower --dry-run",
    ),
    Family(
        "service",
        f"{_HERE}.service",
        "status, start, stop or restart of one configured systemd unit",
        "aitbc-tui service status aitbc-blockchain-node --host genesis\n"
        "aitbc-tui service restart aitbc-host-gpu-miner --host gpu-1 --force",
    ),
    Family(
        "logs",
        f"{_HERE}.journal",
        "the journal of a node, miner, coordinator or unit, over SSH",
        "aitbc-tui logs node --host follower -n 50\naitbc-tui logs aitbc-coordinator-api --follow",
    ),
    Family(
        "network",
        f"{_HERE}.network",
        "hosts by checks, latency, and whether the P2P mesh is in one piece",
        "aitbc-tui network\naitbc-tui network --json",
    ),
    Family("nodes", f"{_HERE}.nodes", "heads, agreement, peers, units and git of every node", "aitbc-tui nodes --json"),
    Family(
        "mempool",
        f"{_HERE}.mempool",
        "what waits in each node's mempool",
        "aitbc-tui mempool\naitbc-tui mempool --limit 10001 --json",
    ),
    Family("miners", f"{_HERE}.miners", "the miners, alive by heartbeat and work", "aitbc-tui miners --json"),
    Family("gpus", f"{_HERE}.gpus", "the cards of every GPU host", "aitbc-tui gpus --json"),
    Family(
        "jobs",
        f"{_HERE}.jobs",
        "the queue, and what each job waits for",
        "aitbc-tui jobs --state queued\naitbc-tui jobs --mine --json",
    ),
    Family(
        "alarms",
        f"{_HERE}.alarms",
        "watch for a while and print what is wrong, since when, and what to do",
        "aitbc-tui alarms --observe 30 --json\naitbc-tui alarms --follow",
        endless=True,
    ),
    Family(
        "trace",
        f"{_HERE}.trace",
        "the life of one job as a timeline that names the missing step",
        "aitbc-tui trace 0f3c5b1a2d4e46f8a9b0c1d2e3f40516",
    ),
    Family(
        "job",
        f"{_HERE}.job",
        "one job: facts, the steps of its life, result, receipt",
        "aitbc-tui job 0f3c5b1a2d4e46f8a9b0c1d2e3f40516 --show-prompt",
    ),
    Family(
        "submit",
        f"{_HERE}.submit",
        "submit inference jobs; follow them to their verified receipts",
        "aitbc-tui submit --model llama3.2:latest --prompt 'Why is the sky blue?' --wait\n"
        "aitbc-tui submit --model llama3.2:latest --prompt-file - --dry-run < prompt.txt",
    ),
    Family(
        "cancel",
        f"{_HERE}.cancel",
        "cancel jobs submitted with our client key",
        "aitbc-tui cancel 0f3c5b1a2d4e46f8a9b0c1d2e3f40516",
    ),
    Family(
        "browser",
        f"{_HERE}.browser",
        "heads, last blocks, and last receipts with their verdicts",
        "aitbc-tui browser --receipt-limit 3",
    ),
    Family(
        "watch",
        f"{_HERE}.watch",
        "one line per change, for a dumb terminal, a pipe or a screen reader",
        "aitbc-tui watch --plain\naitbc-tui watch --json --timeout 60",
        endless=True,
    ),
    Family(
        "doctor",
        f"{_HERE}.doctor",
        "check everything from the configuration to the GPUs, and say what to do",
        "aitbc-tui doctor\naitbc-tui --env prod doctor --json",
    ),
    Family(
        "snapshot",
        f"{_HERE}.snapshot",
        "the current screen as a picture, without a terminal",
        "aitbc-tui snapshot -o now.svg\naitbc-tui snapshot --size 80x24 --screen job -o job.svg",
    ),
    Family(
        "tx",
        f"{_HERE}.tx",
        "where a transaction is, over every node's mempool and blocks, and what it fails",
        "aitbc-tui tx 0x01ebeb298983dc95d62c23f9d06b097f1d4045344d8835bedfcfb1e97dfceb8d\n"
        "aitbc-tui tx - --json < hashes.txt",
    ),
    Family(
        "blocks",
        f"{_HERE}.blocks",
        "recent blocks of every node side by side",
        "aitbc-tui blocks --limit 20 --transactions\naitbc-tui blocks --burst 10",
    ),
    Family(
        "audit",
        f"{_HERE}.audit",
        "who wrote what from here, where and with what result: refused and cut-off attempts, too",
        "aitbc-tui audit --since 7d\naitbc-tui audit -n 5 --json",
    ),
    Family(
        "replay",
        f"{_HERE}.replay",
        "a recording through the same screens, with seek and speed",
        "aitbc-tui --record bug.rec\naitbc-tui replay bug.rec --speed 10\naitbc-tui replay bug.rec --json",
        endless=True,
        screen=True,
    ),
)


def family(verb: str) -> Family | None:
    return next((item for item in FAMILIES if item.verb == verb), None)
