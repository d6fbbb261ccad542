"""known_hosts: names, patterns, hashes, ports, markers, and lines that are not right."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import subprocess
from pathlib import Path

import asyncssh
import pytest

from aitbc_tui.domain.errors import HostKeyProblem
from aitbc_tui.transport.knownhosts import Known, fingerprint, known_hosts_line, look_up

KEY = asyncssh.generate_private_key("ssh-ed25519").public_data
OTHER = asyncssh.generate_private_key("ssh-ed25519").public_data
RSA = asyncssh.generate_private_key("ssh-rsa", key_size=2048).public_data


def line(name: str, blob: bytes = KEY) -> str:
    key_type = blob[4 : 4 + blob[3]].decode()
    return known_hosts_line(name, key_type, blob)


def known(tmp_path: Path, name: str, *lines: str) -> Known:
    file = tmp_path / "kh"
    file.write_text("\n".join(lines) + "\n")
    return look_up([str(file), str(tmp_path / "missing")], name)


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("aitbc", "aitbc", True),
        ("AITBC", "aitbc", True),
        ("aitbc", "AITBC", True),
        ("a,aitbc,10.0.0.1", "aitbc", True),
        ("*.example.org", "a.example.org", True),
        ("*.example.org", "example.org", False),
        ("a?", "a1", True),
        ("a?", "a12", False),
        ("*,!aitbc", "aitbc", False),
        ("*,!aitbc", "other", True),
        ("[aitbc]:2222", "[aitbc]:2222", True),
        ("[aitbc]:2222", "aitbc", False),
        ("a.b", "axb", False),
    ],
)
def test_names(tmp_path: Path, pattern: str, name: str, found: bool) -> None:
    assert bool(known(tmp_path, name, line(pattern)).keys) is found


def test_hashed_names(tmp_path: Path) -> None:
    salt = b"s" * 20
    digest = hmac.new(salt, b"aitbc", hashlib.sha1).digest()
    hashed = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    assert known(tmp_path, "aitbc", line(hashed)).judge(KEY)[0] is None
    assert not known(tmp_path, "other", line(hashed)).keys
    for odd in (hashed.replace("|1|", "|2|"), f"{hashed}|x", hashed.rpartition("|")[0], "|", "|1", "|1||"):
        assert not known(tmp_path, "aitbc", line(odd)).keys, f"{odd}: another way of hashing vouches for nothing"
    assert known(tmp_path, "aitbd", line(hashed)).judge(KEY)[0] is HostKeyProblem.UNKNOWN


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen: install openssh-client")
def test_names_hashed_by_openssh(tmp_path: Path) -> None:
    file = tmp_path / "kh"
    file.write_text(line("[aitbc]:2222") + "\n" + line("other") + "\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, timeout=20, capture_output=True)
    assert "aitbc" not in file.read_text()
    assert look_up([str(file)], "[aitbc]:2222").judge(KEY)[0] is None


def test_the_three_problems_and_their_lines(tmp_path: Path) -> None:
    assert known(tmp_path, "h", line("h", OTHER), line("h")).judge(KEY)[0] is None
    problem, said = known(tmp_path, "h", "# note", line("h", RSA), line("h", OTHER)).judge(KEY)
    assert problem is HostKeyProblem.CHANGED and said is not None
    assert (said.line, said.blob) == (3, OTHER)  # the one of the same type, if there is one
    problem, said = known(tmp_path, "h", line("h"), f"@revoked * {line('', KEY).strip()}").judge(KEY)
    assert problem is HostKeyProblem.REVOKED and said is not None and said.line == 2
    assert known(tmp_path, "h", line("other")).judge(KEY) == (HostKeyProblem.UNKNOWN, None)
    assert look_up([], "h").judge(KEY) == (HostKeyProblem.UNKNOWN, None)


def test_entry_without_port_vouches_but_does_not_contradict(tmp_path: Path) -> None:
    assert known(tmp_path, "[h]:2222", line("h")).judge(KEY)[0] is None
    assert known(tmp_path, "[h]:2222", line("h")).judge(OTHER)[0] is HostKeyProblem.UNKNOWN
    revoked = known(tmp_path, "[h]:2222", line("[h]:2222"), f"@revoked h {line('', KEY).strip()}")
    assert revoked.judge(KEY)[0] is HostKeyProblem.REVOKED


def test_authorities_vouch_for_certificates_only(tmp_path: Path) -> None:
    found = known(tmp_path, "h", f"@cert-authority * {line('', KEY).strip()}")
    assert found.has_authority() and found.judge(KEY)[0] is HostKeyProblem.UNKNOWN
    assert found.judge_authority(KEY)[0] is None
    assert found.judge_authority(OTHER)[0] is HostKeyProblem.UNKNOWN
    assert known(tmp_path, "h", line("h")).judge_authority(KEY)[0] is HostKeyProblem.UNKNOWN


@pytest.mark.parametrize(
    "bad",
    ["h", "h ssh-ed25519", "h ssh-ed25519 !!!", "@odd h ssh-ed25519 AAAA", "|1|x|y ssh-ed25519 AAAA", "\x00\xff"],
)
def test_lines_that_are_not_right_vouch_for_nothing(tmp_path: Path, bad: str) -> None:
    found = known(tmp_path, "h", bad, line("h"))
    assert [key.line for key in found.keys] == [2]


def test_key_of_another_type_than_its_line_says_is_not_taken(tmp_path: Path) -> None:
    encoded = base64.b64encode(KEY).decode()
    assert known(tmp_path, "h", f"h ssh-rsa {encoded}").judge(KEY)[0] is HostKeyProblem.UNKNOWN


def test_fingerprint_is_the_one_ssh_prints() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    assert fingerprint(key.public_data) == key.get_fingerprint()


@pytest.mark.parametrize(("names", "number"), [("RKK", 2), ("KR", 1), ("RR", 1), ("#RK", 3), ("KKR", 1)])
def test_a_changed_key_is_compared_with_the_first_line_of_its_kind(tmp_path: Path, names: str, number: int) -> None:
    """The line that the operator is told to look at, or else the first one that pins anything for this host."""
    third = asyncssh.generate_private_key("ssh-ed25519").public_data
    ed = iter((KEY, third))
    lines = [{"R": line("h", RSA), "#": "# nothing"}.get(name) or line("h", next(ed)) for name in names]
    problem, at = known(tmp_path, "h", *lines).judge(OTHER)
    assert problem is HostKeyProblem.CHANGED and at is not None and at.where.endswith(f"kh:{number}")
