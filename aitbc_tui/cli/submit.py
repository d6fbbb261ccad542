"""`submit`: checks, warns, estimates, sends once, prints each id as soon as it is on disk, and follows if asked to."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.following import Followed, follow, followed_json, followed_line, trouble_of
from aitbc_tui.cli.listing import Json, Seen, document, need_coordinator, need_key, observe
from aitbc_tui.cli.looking import MARGIN_S
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json, warn
from aitbc_tui.cli.report import report
from aitbc_tui.domain.errors import AitbcError, CommandError, ConfigError
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
from aitbc_tui.domain.snapshot import Access, OfferedModel, Submission, SubmissionState
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import JobOrder

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted

RECEIPTS = 50
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
    parser.add_argument("--count", metavar="N", default="1", help="so many jobs of this kind, 1 to 20")
    parser.add_argument("--region", metavar="R", default="", help="only a miner of this region")
    parser.add_argument("--min-vram-gb", metavar="N", default="", help="only a miner that says it has so much")
    parser.add_argument("--gpu", metavar="NAME", default="", help="only a miner that says it has this card")
    parser.add_argument("--max-price", metavar="X", default="", help="only a miner that asks for no more")
    parser.add_argument("--wait", action="store_true", help="follow each job to its end and verify its receipt")
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent, send nothing")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    fields = fields_of(args)
    wrong = errors_of(check_order(fields, ()))
    if wrong:
        return report([_as_error(problem) for problem in wrong], ctx.err)
    order = make_order(fields)
    need_coordinator(ctx)
    if not args.dry_run:
        ctx.require(Access.SUBMIT, "submit")
    desk = _Desk(ctx, args, fields, order)
    seen = observe(ctx, _wanted, desk.serve)
    return desk.finish(seen)


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


def _as_error(problem: Problem) -> ConfigError:
    return ConfigError(f"{_OPTIONS.get(problem.field, problem.field.value)}: {problem.text}", remedy=HELP)


def _wanted(collector: Collector) -> Wanted:
    from aitbc_tui.collect.once import Wanted

    return Wanted(receipts=RECEIPTS, miners=True, jobs=True, ollama=True)


class _Desk:
    """One run: what was warned of, what was sent, what became of it."""

    def __init__(self, ctx: Context, args: argparse.Namespace, fields: OrderFields, order: JobOrder) -> None:
        self._ctx = ctx
        self._args = args
        self._fields = fields
        self._order = order
        self._warnings: list[Problem] = []
        self._estimate = ""
        self._offer: OfferedModel | None = None
        self._sent: list[Submission] = []
        self._unsent = 0
        self._followed: dict[str, Followed] = {}
        self._host = ""

    async def serve(self, collector: Collector) -> None:
        """On open connections: the last checks, then sending, then following."""
        seen = await self._before(collector)
        if self._args.dry_run:
            return
        self._say(f"{self._order.model}: {self._estimate}")
        self._host = seen.coordinator_host
        await self._send_all(collector)
        ids = [str(done.job_id) for done in self._sent if done.job_id is not None]
        if self._args.wait and ids:
            await follow(collector, ids, self._followed, self._left(), self._say)

    async def _before(self, collector: Collector) -> Seen:
        """Everything that can stop it or should be known, before anything is sent."""
        assert collector.coordinator is not None
        await collector.coordinator.health()
        seen = Seen(collector.hub.publish(), collector.hub.world)
        error = seen.unheard(seen.world.coordinator, seen.coordinator_host)
        if error is not None:
            raise error
        need_key(seen, "client")
        snapshot = seen.snapshot
        regions = [str(row.miner.region) for row in snapshot.miners if row.miner.region]
        self._warnings = check_order(self._fields, snapshot.models, regions=regions)
        for problem in self._warnings:
            warn(self._ctx.err, f"{_OPTIONS.get(problem.field, problem.field.value)}: {problem.text}")
        from aitbc_tui.ui.screens.submit_estimate import cost, offered  # pure; the form's own words

        self._offer = offered(snapshot, self._order.model)
        number = f" ({self._offer.receipts} receipts)" if self._offer and self._offer.receipts else ""
        self._estimate = cost(snapshot, self._fields, self._order.count) + number
        return seen

    def _left(self) -> float | None:
        left = self._ctx.remaining()
        return None if left is None else max(0.2, left - MARGIN_S)

    def _say(self, line: str) -> None:
        """Progress: for people on standard output; beside a JSON document on standard error."""
        out = self._ctx.err if self._args.json else self._ctx.out
        out.write(f"{line}\n")
        out.flush()

    def _told(self, done: Submission) -> None:
        """Called as soon as the outcome is on disk."""
        self._sent.append(done)
        if done.job_id is not None:
            self._say(f"{done.job_id} submitted")

    async def _send_all(self, collector: Collector) -> None:
        """One after the other, each once; stops at the first that was not surely accepted."""
        one = replace(self._order, count=1)
        for number in range(self._order.count):
            before = len(self._sent)
            try:
                async with asyncio.timeout(self._left()):
                    await collector.must_write().submit(one, self._told)
            except TimeoutError:
                if len(self._sent) == before:
                    words = SafeText("no answer within the time given: look it up, it is not sent again")
                    self._sent.append(Submission(0, one, SubmissionState.UNKNOWN, 0.0, None, words))
            if self._sent[-1].state is not SubmissionState.ACCEPTED:
                self._unsent = self._order.count - number - 1
                return

    def finish(self, seen: Seen) -> int:
        """Print the rest and give the exit code."""
        failures = [error for done in self._sent if (error := self._not_accepted(done)) is not None]
        failures += [error for one in self._followed.values() if (error := trouble_of(one, self._host)) is not None]
        if self._args.json:
            print_json(self._ctx.out, document(seen, failures, **self._json()))
        elif self._args.dry_run:
            self._print_dry(seen)
        else:
            for one in self._followed.values():
                self._ctx.out.write(followed_line(one) + "\n")
        if self._unsent:
            self._ctx.err.write(f"{self._unsent} of {self._order.count} were not sent\n")
        if self._args.dry_run:
            access = self._ctx.environment.access
            needs = f"; sending needs access submit, this is {access.value}" if access is Access.OBSERVE else ""
            self._ctx.err.write(f"nothing was sent: --dry-run{needs}\n")
            return Exit.OK
        return report(failures, self._ctx.err)

    def _not_accepted(self, done: Submission) -> AitbcError | None:
        detail = str(done.detail).removeprefix(f"{self._host}: ")
        if done.state is SubmissionState.UNKNOWN:
            remedy = "aitbc-tui jobs, before sending it again by hand"
            return CommandError(
                f"unknown whether it was submitted: {detail}", host=self._host, remedy=remedy, timed_out=True
            )
        if done.state is SubmissionState.REFUSED:
            return CommandError(f"not submitted: {detail}", host=self._host)
        return None

    def _json(self) -> Json:
        content: Json = {
            "order": order_json(self._order),
            "estimate": self._estimate,
            "basis": _basis(self._offer),
            "warnings": [f"{problem.field.value}: {problem.text}" for problem in self._warnings],
            "dry_run": self._args.dry_run,
        }
        if not self._args.dry_run:
            content["jobs"] = [self._job_json(done) for done in self._sent]
            content["not_sent"] = self._unsent
        return content

    def _job_json(self, done: Submission) -> Json:
        followed = self._followed.get(str(done.job_id))
        return {
            "job_id": done.job_id,
            "submission": done.state.value,
            "detail": done.detail,
            **(followed_json(followed) if followed is not None else {}),
        }

    def _print_dry(self, seen: Seen) -> None:
        order = self._order
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
            ("cost", self._estimate),
        ]
        self._ctx.out.write("".join(f"{name:<11} {clean(value, 400)}\n" for name, value in facts))


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
