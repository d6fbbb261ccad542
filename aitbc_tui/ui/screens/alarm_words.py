"""What each alarm means, what it does not mean, what to do, and when it closes. Our own words; no Textual here."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.screens.alarm_template import Words
from aitbc_tui.ui.screens.alarm_words_chain import CHAIN
from aitbc_tui.ui.screens.alarm_words_hosts import HOSTS
from aitbc_tui.ui.screens.alarm_words_work import WORK

_FINDING = "This alarm stays until somebody acknowledges it (`a`), not only as long as it is true."
_CONDITION = "This alarm closes by itself when the condition is gone for a while; what it was stays in the list."

WORDS: dict[str, Words] = {**CHAIN, **HOSTS, **WORK}


def words_for(alarm: Alarm) -> Words:
    """The words of a rule; a rule without any explains itself by its evidence."""
    known = WORDS.get(alarm.rule)
    if known is not None:
        return replace(known, do=tuple(map(in_words, known.do)))
    remedy = str(alarm.remedy).replace("{", "{{").replace("}", "}}")  # it is no template of ours
    return Words("see the evidence: this rule has no longer text", "", (remedy,) if remedy else ())


def closes(alarm: Alarm) -> str:
    """When it will close."""
    return in_words(_FINDING) if alarm.kind is AlarmKind.FINDING else _CONDITION
