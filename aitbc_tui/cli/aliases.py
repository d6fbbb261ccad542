"""The runbook's own words, rewritten into the real commands before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence

VERBS = {"admin-miners": "miners", "admin-jobs": "jobs"}

_JOB_ID = re.compile(r"[0-9a-fA-F]{32}")


def rewrite(argv: Sequence[str], verb_at: int) -> list[str]:
    """`argv` with an alias replaced; `verb_at` is where the verb stands."""
    words = list(argv)
    verb, rest = words[verb_at], words[verb_at + 1 :]
    if verb in VERBS:
        words[verb_at] = VERBS[verb]
    elif verb == "submit" and rest[:1] == ["inference"]:
        words[verb_at + 1 : verb_at + 2] = ["--type", "inference"]
    elif verb == "status" and rest and _JOB_ID.fullmatch(rest[0]):
        words[verb_at] = "job"
    elif verb == "receipts":
        words[verb_at + 1 :] = [_job_option(word) for word in rest]
    return words


def _job_option(word: str) -> str:
    return "--job" + word[len("--job-id") :] if word == "--job-id" or word.startswith("--job-id=") else word
