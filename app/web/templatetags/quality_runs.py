"""Differences and probabilities as the pages of evaluation runs write them."""

from django import template

from app.quality.models import EvaluationRun
from app.web.quality_run_words import kind_label, kind_of, outcome_label

register = template.Library()

register.filter("outcome_label", outcome_label)


@register.filter
def run_kind(run: EvaluationRun) -> str:
    """ "Quoted, without a model", "Graded answers"."""
    return kind_label(kind_of(run))


@register.filter
def signed(value: float) -> str:
    """ "+0.021", "−0.004"; what rounds to nothing has no sign."""
    shown = f"{abs(value):.3f}"
    if float(shown) == 0:
        return shown
    return f"{'+' if value > 0 else '−'}{shown}"


@register.filter
def p_value(p: float) -> str:
    """ "0.032"; below what is worth telling "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
