"""What the alarms of nodes, hosts and the way there mean. Our own words."""

from __future__ import annotations

from aitbc_tui.ui.screens.alarm_template import Words

HOSTS: dict[str, Words] = {
    "follower-down": Words(
        "{about} does not answer and its unit is not active.",
        "The host itself answers: this is the service, not the way there.",
        ("`l` reads why it ended.", "`o` starts its unit."),
    ),
    "producer-down": Words(
        "{about}, which makes the blocks, does not answer and its unit is not active.",
        "The host itself answers: this is the service, not the way there.",
        ("`l` reads why it ended.", "`o` starts its unit; watch the heads advance before you leave."),
    ),
    "importer-dead": Words(
        "The unit that imports blocks at {about} does not run: its head stands still.",
        "The RPC is a process of its own: it answers, and its /health says ok.",
        ("`l` reads why it ended.", "`o` starts its unit; it catches up by itself."),
    ),
    "unit-down": Words(
        "A configured unit of {about} does not run.",
        "The node may still answer: its services are processes of their own.",
        ("`l` reads why it ended.", "`o` starts it."),
    ),
    "unit-crashloop": Words(
        "A unit of {about} is started again and again and does not stay up.",
        'systemd says "activating": that is not a slow start.',
        ("`l` reads the error before each end.", "Correct the cause; a restart by hand changes nothing."),
    ),
    "unit-memory": Words(
        "A unit of {about} is close to its own memory limit: beyond it the kernel ends it.",
        "The host may have room: the limit is the unit's MemoryMax.",
        ("`l` reads what it does.", "A restart gives it room for a while: `o`, when the chain can spare it."),
    ),
    "disk-full": Words(
        "The disk of {about} has no room: databases stop being written.",
        "The services may still answer from memory.",
        ("Free space, oldest backups and journals first.", "Then check the chain: the last blocks may be missing."),
    ),
    "config-drift": Words(
        "{about} has another value than {source} in a setting that must agree.",
        "Settings that may differ are not compared.",
        ("Enter shows both values.", "`o` copies one key at a time, by name."),
    ),
    "p2p-partition": Words(
        "{about} has no peer: blocks and transactions do not reach it.",
        "SSH reaches the host: this is the network between the nodes.",
        ("Check port 7070 and p2p_peers on both sides.",),
    ),
    "clock-skew": Words(
        "The clock of {about} is wrong by more than a block time.",
        "No age on this screen uses that clock.",
        ("Check NTP on the host.",),
    ),
    "rpc-down": Words(
        "Nothing listens on the RPC port of {about}; its last figures are kept and marked.",
        "This says nothing about its chain: it takes part in no verdict now.",
        ("`l` reads the log of its RPC unit.", "`o` starts that unit."),
    ),
    "rpc-hang": Words(
        "{about} takes the connection and never answers.",
        "This is not a closed port, nor a lost SSH connection.",
        ("`l` reads its log.", "`o` restarts its RPC unit."),
    ),
    "rpc-500": Words(
        "The RPC of {about} answers with errors of its own.",
        "This is not the way there: the answers arrive. Its chain may be fine.",
        ("`l` reads the log of its RPC unit.",),
    ),
    "ssh-drop": Words(
        "The SSH connection to {about} ended; it is tried again by itself.",
        "This says nothing about the services behind it: they may be fine.",
        ("Wait, or `r` tries now.", "`:`connections shows what was tried and how far it came."),
    ),
    "ssh-freeze": Words(
        "The SSH connection to {about} stands and nothing comes through it.",
        "This is not a slow service: keepalives of the connection itself are not answered.",
        ("Wait, or `r` tries now.", "`:`connections shows what was tried."),
    ),
    "reconnect-storm": Words(
        "The connection to {about} comes and goes again and again.",
        "This is not one outage: each connection was good while it lasted.",
        ("Look at the way there: MaxStartups, a firewall, a lossy line.",),
    ),
    "ssh-hostkey-changed": Words(
        "{about} shows another host key than the pinned one. Nothing was sent to it.",
        "It may have been installed anew; it may also be somebody else.",
        (
            "Compare the fingerprint with its operator another way.",
            "Only then: aitbc-tui trust add host {about} SHA256:…",
        ),
    ),
    "host-key": Words(
        "Nobody has pinned a host key for {about}. Nothing was sent to it.",
        "This is not a changed key: there is none to compare with.",
        ("Compare the fingerprint with its operator another way.", "Then: aitbc-tui trust add host {about} SHA256:…"),
    ),
    "login": Words(
        "{about} refuses the user's key.",
        "The host and its key are as expected: only the login is refused.",
        ("Check user and identity in the configuration, and authorized_keys on the host.",),
    ),
}
