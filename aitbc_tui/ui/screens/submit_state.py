"""What stands in the submit form: the texts, the cursor, what has the focus. Values; editing makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from aitbc_tui.domain.order import OrderField, OrderFields

MAIN = (OrderField.MODEL, OrderField.PROMPT, OrderField.TTL, OrderField.PAY, OrderField.COUNT)
FOLDED = (
    OrderField.REGION,
    OrderField.GPU,
    OrderField.CUDA,
    OrderField.MIN_VRAM_GB,
    OrderField.MODELS,
    OrderField.MAX_PRICE,
)
# In these fields no letter is ever needed, so letters stay what they are elsewhere: keys.
NUMERIC = frozenset({OrderField.TTL, OrderField.PAY, OrderField.COUNT, OrderField.MIN_VRAM_GB, OrderField.MAX_PRICE})


@dataclass(frozen=True, slots=True)
class FormState:
    """`focus` None is the row of the constraints. `cursor` counts characters in the focused field's first line."""

    fields: OrderFields = field(default_factory=OrderFields)
    focus: OrderField | None = OrderField.MODEL
    cursor: int = 0
    unfolded: bool = False
    listing: int | None = None  # the highlighted row while the list of models is open

    @property
    def order(self) -> tuple[OrderField | None, ...]:
        """What Tab visits."""
        return (*MAIN, None, *(FOLDED if self.unfolded else ()))

    @property
    def text(self) -> str:
        """The text that is edited here: of a prompt its first line, the rest belongs to the editor."""
        if self.focus is None:
            return ""
        whole = self.fields.text(self.focus)
        return first_line(whole) if self.focus is OrderField.PROMPT else whole

    def moved(self, by: int) -> FormState:
        """The focus on the next or the previous field."""
        order = self.order
        here = order.index(self.focus) if self.focus in order else 0
        return self.at(order[(here + by) % len(order)])

    def at(self, focus: OrderField | None) -> FormState:
        moved = replace(self, focus=focus, listing=None)
        return replace(moved, cursor=len(moved.text))

    def folded(self, unfolded: bool) -> FormState:
        state = replace(self, unfolded=unfolded)
        return state if state.focus in state.order else state.at(None)

    def with_text(self, which: OrderField, text: str) -> FormState:
        return replace(self, fields=replace(self.fields, **{which.name.lower(): text}))

    def edited(self, text: str, cursor: int) -> FormState:
        """The focused line replaced; the other lines of a prompt stay as they are."""
        if self.focus is None:
            return self
        if self.focus is OrderField.PROMPT:
            text += self.fields.prompt[len(self.text) :]
        return replace(self.with_text(self.focus, text), cursor=cursor)

    def typed(self, new: str) -> FormState:
        """Insert at the cursor."""
        text, at = self.text, self.cursor
        return self.edited(text[:at] + new + text[at:], at + len(new))

    def erased(self, start: int, end: int) -> FormState:
        start, end = max(0, start), min(len(self.text), end)
        return self.edited(self.text[:start] + self.text[end:], start)

    def cursor_at(self, at: int) -> FormState:
        return replace(self, cursor=max(0, min(at, len(self.text))))

    def word_left(self) -> int:
        """Where the word before the cursor begins."""
        return self.text[: self.cursor].rstrip().rfind(" ") + 1


def first_line(text: str) -> str:
    return text.partition("\n")[0]


def more_lines(text: str) -> int:
    """How many lines follow the first."""
    return text.count("\n")
