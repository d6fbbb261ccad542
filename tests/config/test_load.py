"""Loading: what is read, what wins over what, and that every mistake has one line saying what and where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aitbc_tui.config.errors import ConfigProblems, NoConfiguration
from aitbc_tui.config.load import Flags, load, locate
from aitbc_tui.config.model import OriginKind, Role
from aitbc_tui.config.starter import STARTER
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.receipts.trust import AttestationPolicy, KeyRole

from .samples import VALID, broken, loaded, write


def test_the_values_of_a_valid_file(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    env = settings.environment
    assert (settings.chosen, env.access, env.production, env.interval_s) == ("prod", Access.SUBMIT, False, 2.0)
    assert env.hosts["genesis"].port == 2222
    assert env.hosts["here"].is_local and env.hosts["here"].gpu
    assert env.hosts["here"].ollama == "http://127.0.0.1:11434"
    assert [node.role for node in env.nodes] == [Role.GENESIS, Role.NODE]
    assert env.nodes[0].units == ("aitbc-blockchain-node", "aitbc-blockchain-rpc.service")
    assert (env.nodes[1].p2p_port, env.nodes[1].repo, env.nodes[1].rpc) == (7070, "/opt/aitbc", "http://[::1]:8007")
    assert env.coordinator is not None and env.coordinator.miner is None
    assert env.miners["one"].host == "here"
    assert settings.trust.store().knows(KeyRole.SIGNING)
    assert settings.trust.store().policy is AttestationPolicy.OPTIONAL


def test_paths_are_relative_to_the_file_and_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    text = VALID.replace("port = 2222", 'known_hosts = "~/.ssh/kh"')
    env = loaded(tmp_path, text).environment
    assert env.hosts["genesis"].identity == tmp_path / "keys/id"
    assert env.hosts["genesis"].known_hosts == Path("/home/somebody/.ssh/kh")
    assert env.coordinator is not None and env.coordinator.client is not None
    assert env.coordinator.client.file == tmp_path / "client.key"


def test_the_starter_file_is_valid(tmp_path: Path) -> None:
    settings = loaded(tmp_path, STARTER)
    assert settings.environment.access is Access.OBSERVE
    assert [node.name for node in settings.environment.nodes] == ["genesis", "follower"]


def test_a_network_with_one_node_and_no_coordinator(tmp_path: Path) -> None:
    env = load(Flags(config=str(write(tmp_path)), env="test"), {}).environment
    assert env.coordinator is None and len(env.nodes) == 1


class TestProvenance:
    def test_every_layer(self, tmp_path: Path) -> None:
        path = write(tmp_path)
        settings = loaded(tmp_path)
        assert str(settings.origin("env.prod.access")) == f"{path}:3"
        assert str(settings.origin("env.prod.nodes[1].rpc")) == f"{path}:21"
        assert settings.origin("env.prod.interval_s").kind is OriginKind.DEFAULT

    def test_a_variable_beats_the_file_and_a_flag_beats_both(self, tmp_path: Path) -> None:
        path = write(tmp_path)
        variables = {"AITBC_TUI_ACCESS": "operate", "AITBC_TUI_INTERVAL_S": "7.5"}
        by_variable = load(Flags(config=str(path)), variables)
        assert by_variable.environment.access is Access.OPERATE
        assert by_variable.environment.interval_s == 7.5
        assert str(by_variable.origin("env.prod.access")) == "AITBC_TUI_ACCESS"
        by_flag = load(Flags(config=str(path), read_only=True), variables)
        assert {env.access for env in by_flag.env.values()} == {Access.OBSERVE}
        assert str(by_flag.origin("env.prod.access")) == "--read-only"

    def test_read_only_as_a_variable(self, tmp_path: Path) -> None:
        settings = loaded(tmp_path, AITBC_TUI_READ_ONLY="1")
        assert settings.environment.access is Access.OBSERVE
        assert str(settings.origin("env.prod.access")) == "AITBC_TUI_READ_ONLY"

    def test_a_variable_for_a_credential_replaces_the_other_kind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        settings = loaded(tmp_path, AITBC_TUI_CLIENT_COMMAND="print-key", AITBC_TUI_ADMIN_FILE="other.key")
        assert settings.environment.coordinator is not None
        client, admin = settings.environment.coordinator.client, settings.environment.coordinator.admin
        assert client is not None and client.command == "print-key" and client.file is None
        assert admin is not None and admin.file == tmp_path / "other.key"
        assert str(client.origin) == "AITBC_TUI_CLIENT_COMMAND"

    @pytest.mark.parametrize(
        ("flag", "variables", "chosen", "by"),
        [
            (None, {}, "prod", "default_env"),
            (None, {"AITBC_TUI_ENV": "test"}, "test", "AITBC_TUI_ENV"),
            ("prod", {"AITBC_TUI_ENV": "test"}, "prod", "--env"),
        ],
    )
    def test_the_environment(
        self, tmp_path: Path, flag: str | None, variables: dict[str, str], chosen: str, by: str
    ) -> None:
        settings = load(Flags(config=str(write(tmp_path)), env=flag), variables)
        assert (settings.chosen, str(settings.chosen_by)) == (chosen, by)

    def test_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        variables = {"AITBC_TUI_CONFIG": "/b.toml"}
        assert locate(Flags(config="/a.toml"), variables)[0] == Path("/a.toml")
        assert locate(Flags(), variables)[0] == Path("/b.toml")
        assert locate(Flags(), {})[0] == tmp_path / "aitbc-tui/config.toml"
        assert not list(tmp_path.iterdir()), "asking for a path made something"


BAD_VALUES = [
    ('access = "submit"', 'access = "sumbit"', "env.prod.access", 'did you mean "submit"'),
    ('access = "submit"', "interval_s = 0.1", "env.prod.interval_s", "from 0.5"),
    ('access = "submit"', "interval_s = nan", "env.prod.interval_s", "from 0.5"),
    ('access = "submit"', "interval_s = true", "env.prod.interval_s", "from 0.5"),
    ('access = "submit"', 'production = "yes"', "env.prod.production", "true or false"),
    ('access = "submit"', 'acces = "submit"', "env.prod.acces", 'unknown key; did you mean "access"?'),
    ("port = 2222", "port = 0", "env.prod.hosts.genesis.port", "from 1 to 65535"),
    ("port = 2222", "port = 65536", "env.prod.hosts.genesis.port", "from 1 to 65535"),
    ("port = 2222", 'port = "22"', "env.prod.hosts.genesis.port", "whole number"),
    ("gpu = true", "gpu = true\npower_limt_w = [1, 2]", "env.prod.hosts.here.power_limt_w", '"power_limit_w"?'),
    ("gpu = true", "gpu = true\nkwh_prise = 1", "env.prod.hosts.here.kwh_prise", 'did you mean "kwh_price"?'),
    ("gpu = true", "gpu = true\npower_limit_w = [350, 200]", "env.prod.hosts.here.power_limit_w", "[LEAST, MOST]"),
    ("gpu = true", "gpu = true\npower_limit_w = [200]", "env.prod.hosts.here.power_limit_w", "[LEAST, MOST]"),
    ("gpu = true", 'gpu = true\npower_limit_w = ["1", 2]', "env.prod.hosts.here.power_limit_w", "[LEAST, MOST]"),
    ("gpu = true", "gpu = true\npower_limit_w = 300", "env.prod.hosts.here.power_limit_w", "[LEAST, MOST]"),
    ("gpu = true", "gpu = true\nkwh_price = -1", "env.prod.hosts.here.kwh_price", "a price in AITBC"),
    ("gpu = true", "gpu = true\nkwh_price = true", "env.prod.hosts.here.kwh_price", "a price in AITBC"),
    ("port = 2222", "prot = 22", "env.prod.hosts.genesis.prot", 'did you mean "port"?'),
    ("port = 2222", 'user = "a b"', "env.prod.hosts.genesis.user", "login name"),
    ('address = "aitbc"', 'address = "ops@aitbc"', "env.prod.hosts.genesis.address", "belongs into user"),
    ('address = "aitbc"', 'address = "aitbc:22"', "env.prod.hosts.genesis.address", "belongs into port"),
    ('address = "aitbc"', 'address = "-oProxyCommand=x"', "env.prod.hosts.genesis.address", "no host name"),
    ('address = "aitbc"', 'address = "ssh://aitbc"', "env.prod.hosts.genesis.address", "is a URL"),
    ('address = "aitbc"', 'address = ""', "env.prod.hosts.genesis.address", "must be a host name"),
    ('address = "10.1.2.3"', "addres = 1", "env.test.hosts.only.addres", 'did you mean "address"?'),
    ('address = "aitbc"', 'address = "local"', "env.prod.hosts.genesis.port", "is for SSH"),
    ('rpc = "http://127.0.0.1:8006"', 'rpc = "127.0.0.1:8006"', "env.prod.nodes[0].rpc", "http://"),
    ('rpc = "http://127.0.0.1:8006"', 'rpc = "http://127.0.0.1:80066"', "env.prod.nodes[0].rpc", "from 1 to 65535"),
    ('rpc = "http://127.0.0.1:8006"', 'rpc = "http://h:8006/?q=1"', "env.prod.nodes[0].rpc", "without ? and #"),
    ('rpc = "http://127.0.0.1:8006"', 'rpc = "http://:8006"', "env.prod.nodes[0].rpc", "names no host"),
    ('rpc = "http://127.0.0.1:8006"', 'rpc = "http://a b:1"', "env.prod.nodes[0].rpc", "must be a URL"),
    ('role = "genesis"', 'role = "leader"', "env.prod.nodes[0].role", "genesis, follower or node"),
    ('role = "genesis"', 'chain_id = "a b"', "env.prod.nodes[0].chain_id", "a chain id such as"),
    ('role = "genesis"', "p2p_port = 70000", "env.prod.nodes[0].p2p_port", "from 1 to 65535"),
    ('role = "genesis"', 'repo = "opt/aitbc"', "env.prod.nodes[0].repo", "absolute"),
    ('role = "genesis"', 'data = "/x\\u001b]52"', "env.prod.nodes[0].data", "cannot be shown"),
    ('role = "genesis"', 'env_files = ["/a", "b"]', "env.prod.nodes[0].env_files", "element 2 must be an absolute"),
    ('name = "follower"', 'name = "genesis"', "env.prod.nodes[1].name", "already the name of nodes[0]"),
    ('name = "follower"', 'name = "x"\nrole = "genesis"', "env.prod.nodes[1].role", "only one node can be genesis"),
    ('host = "here"\nrpc', 'host = "her"\nrpc', "env.prod.nodes[1].host", 'did you mean "here"?'),
    (
        '[env.prod.miners.one]\nhost = "here"',
        '[env.prod.miners.one]\nhost = "zzz"',
        "env.prod.miners.one.host",
        "genesis or here",
    ),
    ('client_file = "client.key"', "client_command = 3", "env.prod.coordinator.client_command", "must be text"),
    (
        'client_file = "client.key"',
        'client_file = "k"\nclient_command = "c"',
        "env.prod.coordinator.client_command",
        "keep one",
    ),
    ('default_env = "prod"', 'default_env = "pord"', "default_env", 'did you mean "prod"?'),
    ('default_env = "prod"', 'defualt_env = "prod"', "defualt_env", 'did you mean "default_env"?'),
    ("[trust]", '[trust]\nattestation = ["short"]', "trust.attestation", "64 hex digits or 43 base64url"),
    ("[trust]", '[trust]\nattestation_policy = "always"', "trust.attestation_policy", "required or optional"),
    (
        "[trust]",
        '[trust]\nattestation = ["bbd098100da2df47152a6a597b5d4f5b0f0f1c9d424279359d311a459d150e34"]',
        "trust.attestation[0]",
        "roles never share a key",
    ),
    ("[[env.test.nodes]]", "[env.test.nodes]", "env.test.nodes", "written [[env.test.nodes]]"),
    ("[env.prod.miners.one]", "[env.prod.miners]", "env.prod.miners.host", "[env.prod.miners.NAME]"),
]


@pytest.mark.parametrize(("old", "new", "key", "says"), BAD_VALUES, ids=lambda value: str(value)[:30])
def test_a_bad_value_has_one_line_with_file_line_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    text, line = broken(old, new)
    with pytest.raises(ConfigProblems) as caught:
        loaded(tmp_path, text)
    told = [str(problem) for problem in caught.value.problems if f": {key}: " in str(problem)]
    assert len(told) == 1, [str(problem) for problem in caught.value.problems]
    assert says in told[0]
    assert "\n" not in told[0]
    where = re.match(rf"{re.escape(str(tmp_path / 'config.toml'))}:(\d+): ", told[0])
    assert where and abs(int(where[1]) - line) <= 2
    assert int(where[1]) <= len(text.split("\n"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "config.toml: env is missing"),
        ("[env]", "env: is empty"),
        ("env = 3", "must be a table, written [env.NAME]"),
        ("[env.a]\n[env.a.hosts.h]\naddress='x'", "neither a node nor a coordinator"),
        ("[env.a]\nhosts = {}\n", "env.a.hosts: is empty"),
        ('[env."a b"]\n[env."a b".hosts.h]\naddress="x"', "must be a name of letters"),
    ],
)
def test_what_is_missing(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        loaded(tmp_path, text)
    assert any(says in str(problem) for problem in caught.value.problems)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = VALID.replace("port = 2222", "port = 0").replace('access = "submit"', 'acces = "submit"')
    with pytest.raises(ConfigProblems) as caught:
        loaded(tmp_path, text)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("key", ["client_key", "admin_key", "miner", "api_key", "token", "client_secret"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    text, _ = broken('client_file = "client.key"', f'{key} = "hunter2-live-key"')
    with pytest.raises(ConfigProblems) as caught:
        loaded(tmp_path, text)
    told = str(caught.value)
    assert "a secret does not belong into this file" in told and "_file" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('client_file = "client.key"', 'client_file = ["hunter2"]'),
        ('url = "http://127.0.0.1:18000"', 'url = "http://ops:hunter2@127.0.0.1:18000"'),
        ('signing = ["u9CYEA2i30cVKmpZe11PWw8PHJ1CQnk1nTEaRZ0VDjQ"]', 'signing = ["hunter2"]'),
        ("port = 2222", 'passwd = "hunter2"'),
    ],
)
def test_values_that_may_be_secrets_are_not_quoted(tmp_path: Path, old: str, new: str) -> None:
    text, _ = broken(old, new)
    with pytest.raises(ConfigProblems) as caught:
        loaded(tmp_path, text)
    assert "hunter2" not in str(caught.value)
    assert all("hunter2" not in str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('a = "b\n', "config.toml:1: not valid TOML"),
        ("[env.prod]\nx = 1\nx = 2\n", "config.toml:3: not valid TOML"),
        ("\n\naccess = submit\n", "config.toml:3: not valid TOML"),
        ("a = [1,\n2", "config.toml:2: not valid TOML"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "9" * 5000, "number too long"),
    ],
)
def test_what_is_no_toml_has_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert says in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"a = 1\nb = '\xff'\n")
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (1 << 20) + b"\n")
    for path, says in [
        (bad, "bad.toml:2: not UTF-8"),
        (huge, "larger than 1 MiB"),
        (tmp_path, "is a folder"),
        (tmp_path / "nothing", "no such file (named by --config)"),
    ]:
        with pytest.raises(ConfigError, match=re.escape(says)) as caught:
            load(Flags(config=str(path)), {})
        assert not isinstance(caught.value, NoConfiguration)


def test_no_file_at_the_usual_place_is_the_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(NoConfiguration):
        load(Flags(), {})
    assert not list(tmp_path.iterdir())


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").encode())
    settings = load(Flags(config=str(path)), {})
    assert str(settings.origin("env.prod.access")) == f"{path}:3"


class TestTheEnvironmentToUse:
    def test_none_chosen(self, tmp_path: Path) -> None:
        text = VALID.replace('default_env = "prod"\n', "")
        with pytest.raises(ConfigError, match="there is prod or test") as caught:
            loaded(tmp_path, text)
        assert "--env" in caught.value.remedy
        assert load(Flags(config=str(write(tmp_path, text)), any_env=True), {}).trust.signing

    def test_the_only_one_needs_no_choice(self, tmp_path: Path) -> None:
        text = VALID[VALID.index("[env.test]") :]
        assert loaded(tmp_path, text).chosen == "test"

    @pytest.mark.parametrize(("flag", "variable"), [("pord", None), (None, "pord")])
    def test_unknown(self, tmp_path: Path, flag: str | None, variable: str | None) -> None:
        environ = {} if variable is None else {"AITBC_TUI_ENV": variable}
        with pytest.raises(ConfigError, match='did you mean "prod"') as caught:
            load(Flags(config=str(write(tmp_path)), env=flag), environ)
        assert str(caught.value).startswith("--env" if flag else "AITBC_TUI_ENV")


class TestVariables:
    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("AITBC_TUI_ACCESS", "root", "observe, submit or operate"),
            ("AITBC_TUI_INTERVAL_S", "fast", "from 0.5"),
            ("AITBC_TUI_INTERVAL_S", "0", "from 0.5"),
            ("AITBC_TUI_READ_ONLY", "maybe", "must be 1 or 0"),
        ],
    )
    def test_a_bad_value_is_told_of_the_variable(self, tmp_path: Path, name: str, value: str, says: str) -> None:
        with pytest.raises(ConfigError, match=re.escape(says)) as caught:
            loaded(tmp_path, VALID, **{name: value})
        assert str(caught.value).startswith(name)

    def test_a_misspelt_one_is_mentioned(self, tmp_path: Path) -> None:
        settings = loaded(tmp_path, AITBC_TUI_ACCES="operate", AITBC_TUI_READ_ONLY="0")
        assert len(settings.warnings) == 1
        assert "AITBC_TUI_ACCESS" in settings.warnings[0]
        assert settings.environment.access is Access.SUBMIT


def test_what_a_gpu_host_allows_and_costs(tmp_path: Path) -> None:
    """Optional, per host; without them the card's own bounds and no price."""
    text = VALID.replace("gpu = true", "gpu = true\npower_limit_w = [200, 350.5]\nkwh_price = 0.3")
    hosts = loaded(tmp_path, text).environment.hosts
    assert hosts["here"].power_limit_w == (200.0, 350.5) and hosts["here"].kwh_price == 0.3
    assert hosts["genesis"].power_limit_w is None and hosts["genesis"].kwh_price is None
