"""A minimal OpenAPI document: enough for a client that detects capabilities by its paths."""

from __future__ import annotations

from collections.abc import Iterable

from aitbc_tui.devnet.seeded import JsonObject


def openapi(title: str, version: str, operations: Iterable[tuple[str, str]]) -> JsonObject:
    """The document for these (method, path) pairs, in their order."""
    paths: dict[str, dict[str, object]] = {}
    for method, path in operations:
        responses = {"200": {"description": "Successful Response"}}
        paths.setdefault(path, {})[method.lower()] = {"responses": responses}
    info = {"title": title, "version": version}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": {}}}
