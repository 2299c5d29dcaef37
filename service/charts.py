"""Stacked horizontal bars as SVG, readable without colour: every part is named and counted.

Attributes only, no style and no script, so that the strictest Content-Security-Policy shows them.
"""

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#1f7ab8", "#c76a12", "#8590a0", "#5c8c2c", "#a465c8", "#1a8a9c", "#d44f78")
"""Each stands out (3:1, WCAG 1.4.11) from white and from the dark ground of a page."""
_NAME, _ROW, _BAR, _LINE = 19, 52, 20, 22
_LONGEST = 82.0
"""Per cent of the width that the longest bar takes; its total stands beside it."""


def bars(title: str, rows: Mapping[str, Mapping[str, int]], parts: Sequence[str]) -> str:
    """Give the chart of `rows`, each a bar of `parts`; a part that is nowhere is left out.

    Widths are per cent and words keep their size, so that a telephone shows it as a screen does.
    The text alternative says the same as the bars.
    """
    used = [part for part in parts if any(row.get(part) for row in rows.values())]
    most = max((sum(row.get(p, 0) for p in used) for row in rows.values()), default=0) or 1
    drawn = [
        _row(place * _ROW, name, [(p, row.get(p, 0)) for p in used], _LONGEST / most)
        for place, (name, row) in enumerate(rows.items())
    ]
    said = "; ".join(_said(name, row, used) for name, row in rows.items())
    foot = len(rows) * _ROW
    return (
        f'<svg role="img" width="100%" height="{foot + len(used) * _LINE}" font-size="14"'
        f' fill="currentColor" font-family="system-ui, sans-serif"><title>{escape(title)}</title>'
        f"<desc>{escape(said)}</desc>{''.join(drawn)}{_legend(used, foot)}</svg>"
    )


def _row(top: int, name: str, counts: Sequence[tuple[str, int]], scale: float) -> str:
    left = 0.0
    texts = [_text("0", top + _NAME - 6, name)]
    for number, (part, count) in enumerate(counts):
        width = count * scale
        if not count:
            continue
        colour = COLOURS[number % len(COLOURS)]
        texts.append(
            f'<rect x="{left:.2f}%" y="{top + _NAME}" width="{width:.2f}%" height="{_BAR}"'
            f' fill="{colour}"><title>{escape(part)}: {count}</title></rect>'
        )
        left += width
    total = sum(count for _, count in counts)
    return "".join([*texts, _text(f"{left:.2f}%", top + _NAME + 15, str(total), beside=6)])


def _legend(parts: Sequence[str], top: int) -> str:
    return "".join(
        f'<rect x="0" y="{top + n * _LINE + 4}" width="12" height="12"'
        f' fill="{COLOURS[n % len(COLOURS)]}"/>{_text("18", top + n * _LINE + 15, part)}'
        for n, part in enumerate(parts)
    )


def _text(left: str, baseline: int, text: str, *, beside: int = 0) -> str:
    return f'<text x="{left}" y="{baseline}" dx="{beside}">{escape(text)}</text>'


def _said(name: str, row: Mapping[str, int], parts: Sequence[str]) -> str:
    counts = ", ".join(f"{part} {row[part]}" for part in parts if row.get(part))
    return f"{name}: {counts}"
