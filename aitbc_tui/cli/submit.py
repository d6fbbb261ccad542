"""`submit`: checks, warns, estimates, sends once, prints each id as soon as it is on disk, and follows if asked to."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.following import Followed, followed_json, followed_line
from aitbc_tui.cli.listing import Json, Seen, document, need_coordinator, observe
from aitbc_tui.cli.looking import MARGIN_S
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import PROGRAM, print_json, warn
from aitbc_tui.cli.report import report
from aitbc_tui.cli.sending import Sending
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.order import (
    PROMPT_MAX,
    OrderField,
    OrderFields,
    Problem,
    check_order,
    describe_constraints,
    errors_of,
    make_order,
)
from aitbc_tui.domain.snapshot import Access, OfferedModel, Submission
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.work import JobOrder

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector


LOOK_S = 10.0  # what is not known by then is not waited for: it only warns and estimates
HELP = "aitbc-tui submit --help; nothing was sent"
_OPTIONS = {
    OrderField.MODEL: "--model",
    OrderField.PROMPT: "the prompt",
    OrderField.TTL: "--ttl",
    OrderField.PAY: "--pay",
    OrderField.COUNT: "--count",
    OrderField.REGION: "--region",
    OrderField.GPU: "--gpu",
    OrderField.MIN_VRAM_GB: "--min-vram-gb",
    OrderField.MAX_PRICE: "--max-price",
}


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("--model", metavar="M", required=True, help="as the miners' Ollama names it")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prompt", metavar="P", help="the prompt, sent byte for byte")
    source.add_argument("--prompt-file", metavar="F", help="the file that holds it; - reads standard input")
    parser.add_argument("--type", choices=("inference",), default="inference", help="the kind of job")
    parser.add_argument("--ttl", metavar="SECONDS", default="900", help="how long it may wait and run (default 900)")
    parser.add_argument("--pay", metavar="AMOUNT", default="0", help="AITBC to hold in escrow (default 0: none)")
    parser.add_argument("--count", metavar="N", default="1", help="so many jobs, 1 to 20; with --report 1 to 1000")
    parser.add_argument("--region", metavar="R", default="", help="only a miner of this region")
    parser.add_argument("--min-vram-gb", metavar="N", default="", help="only a miner that says it has so much")
    parser.add_argument("--gpu", metavar="NAME", default="", help="only a miner that says it has this card")
    parser.add_argument("--max-price", metavar="X", default="", help="only a miner that asks for no more")
    parser.add_argument("--wait", action="store_true", help="follow each job to its end and verify its receipt")
    parser.add_argument(
        "--report", metavar="DIR", help="stress test: follow all, write figures there; --model may be M1,M2"
    )
    parser.add_argument("--cancel-left", action="store_true", help="with --report: cancel what has not ended")
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent, send nothing")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    fields = fields_of(args)
    if args.report is not None and not args.dry_run:
        from aitbc_tui.cli.report_stress import run_report

        return run_report(ctx, args, fields)
    wrong = errors_of(check_order(fields, ()))
    if wrong:
        return report([ConfigError(_named(problem), remedy=HELP) for problem in wrong], ctx.err)
    order = make_order(fields)
    need_coordinator(ctx)
    if not args.dry_run:
        ctx.require(Access.SUBMIT, "submit")
    return _carry_out(ctx, args, fields, order)


def fields_of(args: argparse.Namespace) -> OrderFields:
    """The texts as given; the prompt not changed by a byte."""
    prompt = args.prompt if args.prompt is not None else read_prompt(args.prompt_file)
    return OrderFields(
        model=args.model,
        prompt=prompt,
        ttl=args.ttl,
        pay=args.pay,
        count=args.count,
        region=args.region,
        gpu=args.gpu,
        min_vram_gb=args.min_vram_gb,
        max_price=args.max_price,
    )


def read_prompt(name: str) -> str:
    where = "--prompt-file -" if name == "-" else f"--prompt-file {clean(name, 200)}"
    try:
        if name == "-":
            data = sys.stdin.buffer.read(PROMPT_MAX + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(PROMPT_MAX + 1)
        return data.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror or 'cannot be read'}", remedy=HELP) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: byte {error.start:,} is not UTF-8", remedy=HELP) from None
    except ValueError:
        raise ConfigError(f"{where}: not a file name", remedy=HELP) from None


def _named(problem: Problem) -> str:
    said = problem.text.replace("▼ lists", f"{PROGRAM} gpus lists")  # the form has a list to open, a command has not
    return f"{_OPTIONS.get(problem.field, problem.field.value)}: {said}"


def _carry_out(ctx: Context, args: argparse.Namespace, fields: OrderFields, order: JobOrder) -> int:
    def left() -> float | None:
        remaining = ctx.remaining()
        return None if remaining is None else max(0.0, remaining - MARGIN_S)

    def say(line: str) -> None:
        """Progress: on standard output for people, beside a JSON document on standard error."""
        out = ctx.err if args.json else ctx.out
        out.write(f"{line}\n")
        out.flush()

    sending = Sending(fields, order, left, say)

    async def serve(collector: Collector) -> None:
        await sending.prepare(collector)
        for problem in sending.warnings:
            warn(ctx.err, _named(problem))
        if not args.dry_run:
            say(f"{order.model}: {sending.estimate}")
            await sending.send(collector)
            if args.wait:
                await sending.follow(collector)

    seen = observe(ctx, lambda _: sending.wanted(), serve, LOOK_S)
    return _finish(ctx, args, order, sending, seen)


def _finish(ctx: Context, args: argparse.Namespace, order: JobOrder, sending: Sending, seen: Seen) -> int:
    """Print the rest and give the exit code."""
    failures = sending.failures()
    if args.json:
        print_json(ctx.out, document(seen, failures, **_json(args, order, sending)))
    elif args.dry_run:
        _print_dry(ctx, order, sending, seen)
    else:
        for one in sending.followed.values():
            ctx.out.write(followed_line(one) + "\n")
    if args.dry_run:
        access = ctx.environment.access
        needs = f"; sending needs access submit, this is {access.value}" if access is Access.OBSERVE else ""
        ctx.err.write(f"nothing was sent: --dry-run{needs}\n")
        return Exit.OK
    if sending.unsent and sending.sent:
        ctx.err.write(f"{sending.unsent} of {order.count} were not sent\n")
    return report(failures, ctx.err)


def _json(args: argparse.Namespace, order: JobOrder, sending: Sending) -> Json:
    content: Json = {
        "order": order_json(order),
        "estimate": sending.estimate,
        "basis": _basis(sending.offer),
        "warnings": [_named(problem) for problem in sending.warnings],
        "dry_run": args.dry_run,
    }
    if not args.dry_run:
        content["jobs"] = [_job_json(done, sending.followed.get(str(done.job_id))) for done in sending.sent]
        content["not_sent"] = sending.unsent
    return content


def _job_json(done: Submission, followed: Followed | None) -> Json:
    return {
        "job_id": done.job_id,
        "submission": done.state.value,
        "detail": done.detail,
        **(followed_json(followed) if followed is not None else {}),
    }


def _print_dry(ctx: Context, order: JobOrder, sending: Sending, seen: Seen) -> None:
    facts = [
        ("would send", f"POST /v1/jobs to {seen.world.topology.coordinator} through {seen.coordinator_host}"),
        ("jobs", str(order.count)),
        ("model", order.model),
        ("type", order.job_type),
        ("prompt", _prompt_words(order)),
        ("ttl", f"{order.ttl_s} s"),
        ("payment", f"{order.pay:g} AITBC" if order.pay else "none"),
        ("limits", str(describe_constraints(order.constraints))),
        ("as client", str(seen.world.topology.client)),
        ("cost", sending.estimate),
    ]
    ctx.out.write("".join(f"{name:<11} {clean(value, 400)}\n" for name, value in facts))


def _basis(offer: OfferedModel | None) -> Json | None:
    """What one job of this model cost so far; None where no receipt says."""
    if offer is None or offer.price_median is None:
        return None
    return {
        "receipts": offer.receipts,
        "price_median": offer.price_median,
        "price_low": offer.price_low,
        "price_high": offer.price_high,
    }


def _prompt_words(order: JobOrder) -> str:
    size = len(order.prompt.encode("utf-8"))
    return f"{len(order.prompt):,} characters, {size:,} bytes, not shown"


def order_json(order: JobOrder) -> Json:
    """What is sent, without the prompt's text."""
    limits = order.constraints
    return {
        "model": order.model,
        "type": order.job_type,
        "prompt_chars": len(order.prompt),
        "prompt_bytes": len(order.prompt.encode("utf-8")),
        "ttl_s": order.ttl_s,
        "pay": order.pay,
        "count": order.count,
        "constraints": {
            "region": limits.region,
            "gpu": limits.gpu,
            "min_vram_gb": limits.min_vram_gb,
            "max_price": limits.max_price,
        },
    }
