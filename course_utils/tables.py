"""Tables and counts as plain text, as every command prints them."""

from collections.abc import Sequence


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """`head`, a line, and `rows`, in aligned columns; without a head the rows alone.

    right: the columns (from 0) whose cells are aligned on the right, as numbers are.
    """
    lines = [head, *rows] if head else list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([aligned[0], "-" * len(aligned[0]), *aligned[1:]] if head else aligned)


def counted(number: int, what: str) -> str:
    """ "1 student", "2 students"."""
    return f"{number} {what}{'s' * (number != 1)}"
