"""The lines of the help: keys by group, words and glyphs, what the figures mean. Pure; rows come in columns."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import Keys
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import GAP, beside, cut, section, wrap

USUAL = Keys()
KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Everywhere",
        (
            ("Esc", "back, one screen"),
            (": ctrl+p", "commands: connections, ledger, blocks, transaction, or an id"),
            ("r", "ask every source now, retry lost links"),
            ("y", "copy (OSC 52)"),
            ("?  F1", "this help; F1 while typing"),
            ("q  ctrl+c", "quit"),
            ("ctrl+z", "to the shell; fg comes back"),
        ),
    ),
    (
        "Dashboard",
        (
            ("1 to 7", "pane: nodes, mempool, miners, jobs, GPUs, receipts, alarms"),
            ("0", "overview"),
            ("z", "one pane over the whole screen"),
            ("Tab", "next pane"),
            ("Enter", "open the selected node, miner, job, GPU, receipt or alarm"),
            ("j k  arrows", "row; `g` `G` first, last; `ctrl+d` `ctrl+u` half a page"),
            ("left right", "columns that do not fit"),
            ("/", "filter, Enter applies, Esc clears"),
            ("s", "sort"),
            ("space", "freeze: rows stand still, ages and alarms go on"),
            ("v", "verify the receipt again"),
            ("n", "submit a job"),
            ("t", "stress test: many jobs, figures, a report"),
            ("c", "cancel a job (access submit)"),
            ("l  o", "log of the selected thing; operations on it"),
            ("e  a", "events: what happened; acknowledge, keep quiet"),
            ("E", "environments"),
        ),
    ),
    (
        "Node, miner, alarms, log",
        (
            ("1 to 7  0", "back to that pane, to the overview"),
            ("j k", "block, job, alarm, line; `ctrl+d` `ctrl+u` scroll"),
            ("[ ]  g", "node: older, newer blocks; back to the fork"),
            ("w  v  p", "card: power limit; latency of a generate; what computes on it"),
            ("m  b", "blocks: more of them; propagation, measured for a while"),
            ("a  b  Y", "alarms: quiet or acknowledge; the bell; copy the check"),
            ("space  G", "log: hold, which counts what is new; follow again"),
            ("/  n N  m", "log: search, next, previous, only those lines"),
            ("Tab", "log: the next unit"),
        ),
    ),
    (
        "Operations",
        (
            ("Tab  arrows", "what, to whom; Enter plans it, which writes nothing"),
            ("ctrl+y", "runs what was asked; Enter on the question cancels"),
            ("d", "plan: run the checks again"),
            ("s  e", "under way: stop at the next safe point; all evidence"),
            ("p", "the last run"),
        ),
    ),
    (
        "Job, receipt",
        (
            ("j k", "job: next, previous; receipt: `j` opens its job"),
            ("up down", "scroll"),
            ("p", "prompt and output, folded until asked for"),
            ("u", "unmask ids until you leave; audited"),
            ("v", "fetch and verify again"),
            ("Enter", "job: its receipt"),
            ("c", "job: cancel (access submit)"),
        ),
    ),
    (
        "Submit",
        (
            ("Tab  Enter", "next field; shift+Tab back"),
            ("down", "in model: what the miners hold"),
            ("ctrl+e", "editor for a long prompt"),
            ("ctrl+x  x", "constraints; `x` outside texts"),
            ("ctrl+g", "preview; `y` sends, Enter cancels"),
            ("Esc", "leave; the text is kept"),
        ),
    ),
)
STATES: tuple[tuple[Level, str, str], ...] = (
    (Level.GOOD, "good", "sound agrees produces drains live busy free done valid works ready"),
    (Level.WARN, "worth a look", "lag late idle cut off queued (too long) broken unsigned duplicate"),
    (Level.BAD, "wrong", "FORK STALLED WEDGED HOLLOW STUCK SILENT FAILED BILLED DOWN TRUST"),
    (Level.RUNNING, "under way", "running importing"),
    (Level.WAITS, "waits its turn", "queued spare not yet"),
    (Level.STALE, "old", "stale, with ~ before every value; takes part in no verdict"),
    (Level.UNKNOWN, "never learnt", "unknown; ? not ours: only its owner's key shows it"),
    (Level.COMING, "coming", "connecting, waits, 4 of 5"),
    (Level.REFUSED, "refused", "needs an admin key, needs access submit"),
    (Level.NONE, "there is none", "not in this version, not applicable, finished"),
)
FIGURES: tuple[tuple[str, str], ...] = (
    ("0 – ?", "measured zero; there is none; not learnt. Never exchanged."),
    ("<5 s", "as fresh as its poll allows. Ages are rounded down: at least."),
    ("lag", "blocks behind the source; a fork is never called lag."),
    ("hash", "at the last multiple of 10 that all nodes share; at a fork, its height."),
    ("≠15,298", "a head on another chain; ~15,279 one not heard."),
    ("pending", "a follower keeps every transaction: only the producer's count drains."),
    ("beat", "age of the heartbeat by the coordinator's clock; its word active means nothing."),
    ("avg s", "the platform's, and it includes the wait in the queue."),
    ("runs", "how many models of the queue the miner's Ollama holds."),
    ("FAILED", "a job called COMPLETED whose result says failed; it was billed."),
    ("valid", "signed and attested under pinned keys; says nothing of the content."),
    ("sum", "= price is units × unit price, ≠ it is not, ? a field is missing."),
    ("AITBC/h", "valid receipts of the last 60 minutes."),
    ("100+", "the list shows no more than 100."),
    ("miner·3f9a", "four digits of a keyed hash: here an id may be a live key."),
)


def _entry(head: Run, at: int, text: str, width: int) -> list[Line]:
    """A term and its words, which go on under their first."""
    first, *rest = wrap(text, max(10, width - at - 1))
    gap = " " * max(1, at - head.width)
    lines = [Line((head, Run(gap), Run(first)))]
    return [*lines, *(Line((Run(" " * at), Run(piece))) for piece in rest)]


def _keys(name: str, rows: Sequence[tuple[str, str]], width: int, own: Keys) -> list[Line]:
    lines = [section(name, width)]
    for key, text in rows:
        lines += _entry(Run(" " + own.shown(key), Role.ACCENT), 14, own.words(text), width)
    return lines


def _states(width: int) -> list[Line]:
    lines = [section("Words and glyphs", width, text="only bad news is upper case")]
    for level, name, text in STATES:
        head = Run(f" {glyph(level)} {name}", level_role(level))
        lines += _entry(head, 19, text, width)
    return lines


def _figures(width: int) -> list[Line]:
    lines = [section("What the figures mean", width)]
    for name, text in FIGURES:
        lines += _entry(Run(" " + cut(name, 12), Role.STRONG), 14, text, width)
    return lines


def build_help(width: int, own: Keys = USUAL) -> list[Line]:
    """Every line, the title first: one column below 120, two from 120, three from 180. Names the keys as they are."""
    title = section("Help", width, text="keys, words, figures; up and down scroll, Esc goes back", heavy=True)
    if width < 120:
        blocks = [_keys(name, rows, width, own) for name, rows in KEYS] + [_states(width), _figures(width)]
        body = [line for block in blocks for line in (*block, Line())]
        return [title, *body[:-1]]
    count = 3 if width >= 180 else 2
    each = (width - GAP * (count - 1)) // count
    last = width - (each + GAP) * (count - 1)
    keys = [line for name, rows in KEYS for line in (*_keys(name, rows, each, own), Line())]
    if count == 2:
        right_side = [*_states(last), Line(), *_figures(last)]
        return [title, *beside(keys[:-1], each, right_side, last)]
    middle = beside(keys[:-1], each, _states(each), each)
    joined = each * 2 + GAP
    return [title, *beside(middle, joined, _figures(last), last)]
