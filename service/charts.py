"""Stacked horizontal bars as SVG, readable without colour: every part is named and counted.

Attributes only, no style and no script, so that the strictest Content-Security-Policy shows them.
"""

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#075a8c", "#b35c00", "#8a94a0", "#4d7a1f", "#7b3f98", "#00798c", "#8c1d40")
_WIDTH, _ROW, _BAR, _NAMES = 800, 34, 22, 190


def bars(title: str, rows: Mapping[str, Mapping[str, int]], parts: Sequence[str]) -> str:
    """Give the chart of `rows`, each a bar of `parts`; a part that is nowhere is left out.

    The text alternative says the same as the bars.
    """
    used = [part for part in parts if any(row.get(part) for row in rows.values())]
    most = max((sum(row.get(p, 0) for p in used) for row in rows.values()), default=0) or 1
    scale = (_WIDTH - _NAMES - 60) / most
    drawn = [
        _row(place, name, [(p, row.get(p, 0)) for p in used], scale)
        for place, (name, row) in enumerate(rows.items())
    ]
    said = "; ".join(_said(name, row, used) for name, row in rows.items())
    height = len(rows) * _ROW + _ROW
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" width="100%" font-size="14"'
        f' font-family="system-ui, sans-serif"><title>{escape(title)}</title>'
        f"<desc>{escape(said)}</desc>{''.join(drawn)}{_legend(used, height - 12)}</svg>"
    )


def _row(place: int, name: str, counts: Sequence[tuple[str, int]], scale: float) -> str:
    top, left = place * _ROW, float(_NAMES)
    texts = [_text(0, top + 16, name)]
    for number, (part, count) in enumerate(counts):
        width = count * scale
        if not count:
            continue
        colour = COLOURS[number % len(COLOURS)]
        texts.append(
            f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{colour}">'
            f"<title>{escape(part)}: {count}</title></rect>"
        )
        left += width
    total = sum(count for _, count in counts)
    return "".join([*texts, _text(left + 6, top + 16, str(total))])


def _legend(parts: Sequence[str], baseline: int) -> str:
    step = _WIDTH / max(len(parts), 1)
    return "".join(
        f'<rect x="{n * step:.1f}" y="{baseline - 11}" width="12" height="12"'
        f' fill="{COLOURS[n % len(COLOURS)]}"/>{_text(n * step + 18, baseline, part)}'
        for n, part in enumerate(parts)
    )


def _text(left: float, baseline: float, text: str) -> str:
    return f'<text x="{left:.1f}" y="{baseline}" fill="#1c2733">{escape(text)}</text>'


def _said(name: str, row: Mapping[str, int], parts: Sequence[str]) -> str:
    counts = ", ".join(f"{part} {row[part]}" for part in parts if row.get(part))
    return f"{name}: {counts}"
