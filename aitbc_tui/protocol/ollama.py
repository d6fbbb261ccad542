"""What a host's Ollama holds: the bodies of `/api/tags`, `/api/ps` and `/api/version`."""

from __future__ import annotations

from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import OllamaModel, OllamaReading
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.wire import LaxInt, LaxObject, LaxText, Text, Wire, bounded, read, safe

MAX_MODELS = 2000


class _Details(Wire):
    parameter_size: LaxText = None
    quantization_level: LaxText = None


class _Model(Wire):
    name: Text
    size: LaxInt = None
    details: LaxObject = None


class _Models(Wire):
    models: list[_Model]


class _Version(Wire):
    version: Text


def parse_tags(body: bytes) -> tuple[OllamaModel, ...]:
    """`/api/tags`: every model the host holds."""
    models = bounded(read(_Models, parse_json(body), "/api/tags").models, "/api/tags", MAX_MODELS)
    return tuple(_model(model) for model in models)


def parse_ps(body: bytes) -> tuple[SafeText, ...]:
    """`/api/ps`: the models that are loaded now."""
    models = bounded(read(_Models, parse_json(body), "/api/ps").models, "/api/ps", MAX_MODELS)
    return tuple(safe(model.name) for model in models)


def parse_version(body: bytes) -> SafeText:
    """`/api/version`."""
    return safe(read(_Version, parse_json(body), "/api/version").version, 32)


def reading(tags: bytes, ps: bytes | None = None, version: bytes | None = None) -> OllamaReading:
    """One reading out of the bodies; what was not asked is empty."""
    return OllamaReading(
        models=parse_tags(tags),
        loaded=() if ps is None else parse_ps(ps),
        version=SafeText("") if version is None else parse_version(version),
    )


def _model(wire: _Model) -> OllamaModel:
    details = _Details.model_validate(wire.details or {})
    return OllamaModel(
        safe(wire.name), wire.size, safe(details.parameter_size, 32), safe(details.quantization_level, 32)
    )
