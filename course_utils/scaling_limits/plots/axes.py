"""What the pictures share."""

from matplotlib.axis import Axis
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullLocator


def plain_log(axis: Axis, subs: tuple[float, ...] = (1, 2, 5)) -> None:
    """Ticks in plain numbers ("0.5", "20", "3k") on a logarithmic axis."""
    thousands = EngFormatter(sep="")
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if value < 1000 else thousands(value)))
