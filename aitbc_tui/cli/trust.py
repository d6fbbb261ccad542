"""`trust list|add|remove|scan`: receipt keys and SSH host keys; nothing is pinned without being asked to."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser, add_command, add_json
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.cli.stores import Stores
    from aitbc_tui.receipts.trust import Pin

RECEIPT_ROLES = ("signing", "attestation")


def add(parser: Parser, verb: str) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = add_command(actions, "list", "every pinned key and where it is pinned", "aitbc-tui trust list --json")
    add_json(listing)
    adding = add_command(
        actions,
        "add",
        "pin a receipt key, or the SSH key of a configured host",
        "aitbc-tui trust add signing u9CYEA2i30cVKmpZe11PWw8PHJ1CQnk1nTEaRZ0VDjQ --note 'from the operator'\n"
        "aitbc-tui trust add host follower SHA256:pV3x...",
    )
    adding.add_argument("role", choices=(*RECEIPT_ROLES, "host"), help="what the key is for")
    adding.add_argument("subject", metavar="KEY|HOST", help="64 hex digits or 43 base64url characters; or a host")
    adding.add_argument(
        "fingerprint", metavar="SHA256:…", nargs="?", help="of the host's key, as its operator told you"
    )
    adding.add_argument("--note", default="", help="where the key came from")
    removing = add_command(
        actions,
        "remove",
        "take the pin of a receipt key away",
        "aitbc-tui trust remove signing u9CYEA2i30cVKmpZe11PWw8PHJ1CQnk1nTEaRZ0VDjQ",
    )
    removing.add_argument("role", choices=RECEIPT_ROLES, help="what the key was pinned for")
    removing.add_argument("subject", metavar="KEY", help="the key")
    scan = add_command(
        actions, "scan", "the SSH keys that configured hosts offer; pins nothing", "aitbc-tui trust scan follower"
    )
    scan.add_argument("hosts", metavar="HOST", nargs="*", help="names of the configuration (default: every host)")
    add_json(scan)


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.action == "scan":
        from aitbc_tui.cli.hostpins import scan

        return scan(ctx, args.hosts, args.json)
    if args.action == "add" and args.role == "host":
        from aitbc_tui.cli.hostpins import pin_host

        return pin_host(ctx, args.subject, args.fingerprint)
    return {"list": _list, "add": _add, "remove": _remove}[args.action](ctx, args)


def _list(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.cli.hostpins import pinned_hosts
    from aitbc_tui.cli.stores import read_stores

    stores = read_stores(ctx)
    receipts = [
        {
            "role": pin.role.value,
            "key": pin.key_id,
            "pinned_in": place,
            "added": None if pin.added is None else pin.added.isoformat(),
            "note": str(pin.note) or None,
        }
        for pin, place in _places(stores)
    ]
    hosts = pinned_hosts(ctx) if stores.config_file is not None else []
    if args.json:
        policy = stores.all.policy.value
        print_json(ctx.out, {"attestation_policy": policy, "receipt_keys": receipts, "host_keys": hosts})
        return Exit.OK
    if receipts:
        keys = ("role", "key", "pinned_in", "added", "note")
        rows = [[item[key] or "–" for key in keys] for item in receipts]
        print_table(ctx.out, ("role", "key", "pinned in", "added", "note"), rows)
    else:
        ctx.out.write("no receipt key is pinned: no receipt can be called valid\n")
    if hosts:
        ctx.out.write("\n")
        columns = ("host", "type", "fingerprint", "pinned_in")
        print_table(
            ctx.out,
            ("host", "type", "fingerprint", "pinned in"),
            [[str(item[key] or "–") for key in columns] for item in hosts],
        )
    return Exit.OK


def _places(stores: Stores) -> list[tuple[Pin, str]]:
    stores.all.policy  # noqa: B018 - refuses one key in both roles before anything is shown
    configured = [(pin, str(stores.config_file)) for pin in stores.configured.pins]
    return configured + [(pin, str(stores.file)) for pin in stores.pinned]


def _add(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.cli.stores import read_stores
    from aitbc_tui.ledger.trustfile import add_pin
    from aitbc_tui.receipts.trust import Pin, parse_key, parse_role

    if args.fingerprint is not None:
        raise ConfigError(
            f"unknown argument {clean(args.fingerprint, 60)}", remedy="a fingerprint is for trust add host"
        )
    pin = Pin(parse_key(args.subject), parse_role(args.role), date.today(), clean(args.note, 80))
    stores = read_stores(ctx)
    stores.all.merged([pin])  # refuses a key that has the other role already
    if stores.configured.role_of(pin.key) is pin.role:
        ctx.out.write(f"{pin.role.value} key {pin.key_id} is pinned already in {stores.config_file}\n")
    elif add_pin(stores.file, pin):
        ctx.out.write(f"{pin.role.value} key {pin.key_id} is now pinned in {stores.file}\n")
    else:
        ctx.out.write(f"{pin.role.value} key {pin.key_id} is pinned already in {stores.file}\n")
    return Exit.OK


def _remove(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.cli.stores import read_stores
    from aitbc_tui.ledger.trustfile import remove_pin
    from aitbc_tui.receipts.trust import parse_key, parse_role

    key, role = parse_key(args.subject), parse_role(args.role)
    stores = read_stores(ctx)
    if stores.configured.role_of(key) is role and all((pin.key, pin.role) != (key, role) for pin in stores.pinned):
        origin = f"trust.{role.value}"
        raise ConfigError(
            f"that key is pinned in {ctx.settings_of_file.origin(origin)}, which commands do not edit",
            remedy=f"take it out of {origin} there",
        )
    pin = remove_pin(stores.file, key, role)
    ctx.out.write(f"{pin.role.value} key {pin.key_id} is no longer pinned\n")
    return Exit.OK
