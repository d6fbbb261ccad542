"""`config init|show|validate|schema|path`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from aitbc_tui.cli import fromhost
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser, add_command, add_json
from aitbc_tui.cli.output import print_json, print_table, warn
from aitbc_tui.domain.errors import ConfigError


def add(parser: Parser, verb: str) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    init = add_command(
        actions,
        "init",
        "write a configuration to begin with",
        "aitbc-tui config init\naitbc-tui config init --from-host genesis=aitbc --from-host aitbc1",
    )
    init.add_argument("--force", action="store_true", help="replace a file that is there")
    fromhost.add(init)
    show = add_command(
        actions, "show", "every value and where it came from, secrets masked", "aitbc-tui config show --json"
    )
    add_json(show)
    validate = add_command(
        actions, "validate", "check the file and the files it names", "aitbc-tui config validate --config new.toml"
    )
    add_json(validate)
    add_command(actions, "schema", "the JSON Schema of the file", "aitbc-tui config schema > aitbc-tui.schema.json")
    path = add_command(actions, "path", "which file is read", "aitbc-tui config path")
    add_json(path)


def run(ctx: Context, args: argparse.Namespace) -> int:
    return {"init": _init, "show": _show, "validate": _validate, "schema": _schema, "path": _path}[args.action](
        ctx, args
    )


def _located(ctx: Context) -> tuple[Path, str]:
    from aitbc_tui.config.load import Flags, locate

    path, origin = locate(Flags(ctx.common.config), ctx.environ)
    return path, str(origin)


def _init(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.config.starter import STARTER
    from aitbc_tui.ledger.files import private_folder, replace_file

    path, _ = _located(ctx)
    if not args.force and os.path.exists(path):
        raise ConfigError(f"{path}: exists already", remedy="--force replaces it, --config FILE writes another one")
    content = fromhost.written(ctx, args) if args.from_host else STARTER
    private_folder(path.parent)
    replace_file(path, content.encode())
    ctx.out.write(f"{path}\n")
    ctx.err.write("Edit it, then: aitbc-tui config validate\n")
    return Exit.OK


def _show(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.config.show import rows

    settings = ctx.settings_of_file
    listed = rows(settings)
    if args.json:
        values = {key: {"value": value, "from": str(origin)} for key, value, origin in listed}
        chosen = {"name": settings.chosen, "from": str(settings.chosen_by)}
        print_json(ctx.out, {"file": str(settings.path), "environment": chosen, "values": values})
        return Exit.OK
    ctx.out.write(f"file {settings.path}\nenvironment {settings.chosen} (from: {settings.chosen_by})\n\n")
    print_table(ctx.out, ("key", "value", "from"), [(key, _text(value), str(origin)) for key, value, origin in listed])
    return Exit.OK


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not set" if value is None else str(value)


def _validate(ctx: Context, args: argparse.Namespace) -> int:
    """Everything that can be said without asking any host."""
    from aitbc_tui.config.errors import ConfigProblems, Problem
    from aitbc_tui.config.files import check_files

    path, _ = _located(ctx)
    problems: tuple[Problem, ...]
    try:
        problems = check_files(ctx.settings_of_file)
    except ConfigProblems as error:
        problems = error.problems
    except ConfigError as error:
        if not args.json:
            raise
        problems = (Problem(str(path), "", error.detail),)
    if args.json:
        found = [{"where": item.where, "key": item.key, "message": item.message} for item in problems]
        print_json(ctx.out, {"file": str(path), "valid": not problems, "problems": found})
    if problems:
        raise ConfigProblems(problems)
    if args.json:
        return Exit.OK
    settings = ctx.settings_of_file
    if not settings.trust.signing:
        warn(ctx.err, "no receipt key is in [trust]: without one, pinned there or by trust add, none is called valid")
    ctx.out.write(f"{path}: valid, environment {settings.chosen}\n")
    return Exit.OK


def _schema(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.config.schema import json_schema

    print_json(ctx.out, json_schema())
    return Exit.OK


def _path(ctx: Context, args: argparse.Namespace) -> int:
    path, origin = _located(ctx)
    if args.json:
        print_json(ctx.out, {"path": str(path), "from": origin, "exists": os.path.exists(path)})
    else:
        ctx.out.write(f"{path}\n")
    return Exit.OK
