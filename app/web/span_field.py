"""A length of time as people say it: a number and its unit."""

from datetime import timedelta
from typing import Any

from django import forms

UNITS = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}
LONGEST = timedelta(days=3650)


class SpanWidget(forms.MultiWidget):
    def __init__(self, label: str) -> None:
        number = forms.NumberInput({"min": 1, "aria-label": label})
        unit = forms.Select({"aria-label": f"{label}: unit"}, choices=[(unit, unit) for unit in UNITS])
        super().__init__({"number": number, "unit": unit})

    def decompress(self, value: timedelta | None) -> list[Any]:
        """In the largest unit that divides it: 7 days rather than 168 hours."""
        if not value:
            return [None, "days"]
        for unit, length in reversed(UNITS.items()):
            if not value % length:
                return [value // length, unit]
        return [max(1, round(value / UNITS["minutes"])), "minutes"]


class SpanField(forms.MultiValueField):
    """A timedelta, or None where no number was given."""

    def __init__(self, *, label: str, help_text: str = "", initial: timedelta | None = None) -> None:
        number = forms.IntegerField(min_value=1, required=False)
        unit = forms.ChoiceField(choices=[(unit, unit) for unit in UNITS], required=False)
        super().__init__(
            (number, unit), label=label, help_text=help_text, initial=initial, required=False,
            require_all_fields=False, widget=SpanWidget(label),
        )  # fmt: skip

    def compress(self, values: list[Any]) -> timedelta | None:
        if not values or not values[0]:
            return None
        number, unit = values[0], UNITS[values[1] or "days"]
        if number > LONGEST // unit:
            raise forms.ValidationError("At most ten years, please.")
        return number * unit
