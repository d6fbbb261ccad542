"""The key table and what is derived from it agree with the values they describe."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from typing import Any

from aitbc_tui.config import model
from aitbc_tui.config.schema import COORDINATOR, ENVIRONMENT, HOST, MINER, NODE, ROOT, TRUST, json_schema
from aitbc_tui.config.starter import STARTER
from aitbc_tui.config.words import did_you_mean, one_of

from .samples import VALID


def test_the_keys_are_those_of_the_contract() -> None:
    roles = ("client", "admin", "miner")
    assert ROOT.names() == ("default_env", "env", "trust")
    assert ENVIRONMENT.names() == ("access", "production", "interval_s", "hosts", "nodes", "coordinator", "miners")
    ours = ("power_limit_w", "kwh_price")  # optional, beside those that are fixed
    fixed = ("address", "port", "user", "identity", "known_hosts", "sudo", "gpu", "ollama")
    assert HOST.names() == (*fixed, *ours)
    assert set(NODE.names()) == {
        "name", "role", "host", "rpc", "chain_id", "units", "p2p_port", "repo", "data", "env_files",
    }  # fmt: skip
    assert COORDINATOR.names() == (
        "host", "url", "unit", *(f"{role}_{kind}" for role in roles for kind in ("file", "command")),
    )  # fmt: skip
    assert MINER.names() == ("host", "unit")
    assert TRUST.names() == ("signing", "attestation", "attestation_policy")


def test_values_and_table_have_the_same_keys_and_defaults() -> None:
    for table, value in [(HOST, model.HostConfig), (NODE, model.NodeConfig), (MINER, model.MinerConfig)]:
        by_name = {field.name: field for field in fields(value)}
        assert set(table.names()) | {"name"} == set(by_name) - {"repo_named"}  # which is whether `repo` was there
        for key in table.keys:
            if not key.required:
                default = by_name[key.name].default
                assert (list(default) if isinstance(default, tuple) else default) == key.default, key.name


def test_the_json_schema_describes_the_samples() -> None:
    schema: Any = json.loads(json.dumps(json_schema()))
    for text in (VALID, STARTER):
        assert_fits(tomllib.loads(text), schema)


def assert_fits(value: Any, schema: Any) -> None:
    """As much of JSON Schema as the schema uses for structure."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
    assert isinstance(value, kinds[schema["type"]])
    if isinstance(value, dict):
        assert set(schema.get("required", [])) <= set(value)
        for key, inner in value.items():
            known = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
            assert known, key
            assert_fits(inner, known)
    if isinstance(value, list):
        for inner in value:
            assert_fits(inner, schema["items"])
    assert "enum" not in schema or value in schema["enum"]


def test_words() -> None:
    assert one_of(["a"]) == "a" and one_of("abc") == "a, b or c"
    assert did_you_mean("prot", ["port", "user"]) == '; did you mean "port"?'
    assert did_you_mean("client-file", ["client_file"]) == '; did you mean "client_file"?'
    assert did_you_mean("zzz", ["port"]) == ""
