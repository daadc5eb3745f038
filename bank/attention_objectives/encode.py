"""The arithmetic encoder: other right ways, and the ways to lose a bit, a carry or the precision."""

import math
from fractions import Fraction

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import around_the_middle, interval_quality, intervals_of
from course_utils.checks import Probe

ENDS = {"look": interval_quality, "changeable": False}  # other ends of an interval may be none

bank = Bank(
    hidden=[
        Probe("one symbol", lambda g: intervals_of(g, 1, 3, 8), **ENDS, seed=11),
        Probe("1,000 symbols, total 17", lambda g: intervals_of(g, 1000, 6, 17), **ENDS, weight=2, seed=12),
        Probe("the middle third, 400 times", lambda g: around_the_middle(400), **ENDS, weight=2),
        Probe("70,000 symbols", lambda g: intervals_of(g, 70_000, 12, 1 << 16), **ENDS, weight=3, seed=13, seconds=30.0, essential=True),
        Probe("500 symbols, one of them nearly certain", lambda g: intervals_of(g, 500, 5, 1 << 20, 6.0), **ENDS, seed=14),
    ]
)  # fmt: skip

HALF, QUARTER = 1 << 31, 1 << 30


def coder(
    intervals,
    total,
    *,
    pending_kept=True,
    flush="right",
    middle=True,
    shift_one=1,
    opposite=True,
    low_first=False,
    reverse=False,
):
    low, high, pending, bits = 0, 2 * HALF - 1, 0, []
    rows = intervals.tolist()
    for a, b in rows[::-1] if reverse else rows:
        width = high - low + 1
        if low_first:
            low = low + width * a // total
            high = low + width * b // total - 1
            high = min(high, 2 * HALF - 1)
        else:
            low, high = low + width * a // total, low + width * b // total - 1
        for _ in range(64):
            if high < HALF or low >= HALF:
                bit = int(low >= HALF)
                bits += [bit] + [1 - bit if opposite else bit] * (pending if pending_kept else 0)
                pending, shift = 0, bit * HALF
            elif middle and low >= QUARTER and high < 3 * QUARTER:
                pending, shift = pending + 1, QUARTER
            else:
                break
            low, high = 2 * (low - shift), 2 * (high - shift) + shift_one
        if high < low:
            high = low
    if flush == "none":
        return bits
    if flush == "long":
        return bits + [int(low >= QUARTER)] + [1 - int(low >= QUARTER)] * (pending + 1) + [0] * 30
    bit = int(low >= QUARTER)
    if flush == "zero":
        return [*bits, 0, *[1] * (pending + 1)]
    if flush == "one bit":
        return [*bits, bit]
    return [*bits, bit, *[1 - bit] * (pending + 1)]


@bank.alternative
def other_registers(intervals, total):
    """The same intervals, with carries resolved in a big integer in the end."""
    low, width, code, scale = 0, 2 * HALF, 0, 0
    for a, b in intervals.tolist():
        low, width = low + width * a // total, width * b // total - width * a // total
        while True:
            high = low + width - 1
            if high < HALF:
                shift = 0
            elif low >= HALF:
                shift = HALF
            elif low >= QUARTER and high < 3 * QUARTER:
                shift = QUARTER
            else:
                break
            code = 2 * code + 2 * shift // HALF
            scale += 1
            low, width = 2 * (low - shift), 2 * width
    code, scale = 4 * code + (2 if low >= QUARTER else 1) * 2, scale + 2
    return [int(c) for c in bin(code // 2)[2:].zfill(scale)]


@bank.alternative
def without_the_last_zeros(intervals, total):
    bits = coder(intervals, total)
    while bits and bits[-1] == 0:
        bits.pop()
    return bits


@bank.misconception(
    "The interval is not kept as the decoder keeps it. Floats have 53 bits: after a few dozen symbols both ends are the same number. Exact fractions are\ndivided otherwise than in `narrow`, which rounds down. Keep whole numbers of 32 bits, and write out bits that are settled."
)
def in_floats(intervals, total):
    low, width = 0.0, 1.0
    for a, b in intervals.tolist():
        low, width = low + width * a / total, width * (b - a) / total
    if width <= 0:
        width = 2.0**-52
    n = min(2000, math.ceil(-math.log2(width)) + 1)
    code = int(Fraction(low) * 2**n) + 1
    return [int(c) for c in bin(code % 2**n)[2:].zfill(n)]


@bank.misconception("Pending bits are forgotten when the next bit is settled. They follow it, and are its opposite.")
def pending_forgotten(intervals, total):
    return coder(intervals, total, pending_kept=False)


@bank.misconception("The pending bits are the same as the bit that settles them. They are its opposite: 0111 or 1000.")
def pending_not_inverted(intervals, total):
    return coder(intervals, total, opposite=False)


@bank.misconception(
    "Nothing is done when the interval closes in on the middle: it becomes too narrow to be divided. That is what the third case of the decoder is for."
)
def no_middle_case(intervals, total):
    return coder(intervals, total, middle=False)


@bank.misconception(
    "The last interval is never named: settled bits are written, but the end of the text is still open. One more bit is needed, and the pending ones."
)
def no_end(intervals, total):
    return coder(intervals, total, flush="none")


@bank.misconception(
    "At the end you write whole registers. A bit and its opposites name a number inside the last interval; the decoder reads zeros behind them."
)
def long_end(intervals, total):
    return coder(intervals, total, flush="long")


@bank.misconception(
    "The end is always the same, wherever the interval lies. Whether the last bit is 0 or 1 depends on the quarter that low is in."
)
def end_is_always_zero(intervals, total):
    return coder(intervals, total, flush="zero")


@bank.misconception(
    "At the end the pending bits are left out: one bit alone does not say on which side of the middle the text lies."
)
def end_without_pending(intervals, total):
    return coder(intervals, total, flush="one bit")


@bank.misconception(
    "When you double high, its new last bit has to be 1: high stands for everything up to the next number."
)
def high_shifted_with_zero(intervals, total):
    return coder(intervals, total, shift_one=0)


@bank.misconception("low is moved before high is computed from it. Both come from the old low.")
def low_moved_first(intervals, total):
    return coder(intervals, total, low_first=True)


@bank.misconception(
    "The symbols are encoded from the last to the first. This decoder reads them in the order of the text."
)
def backwards(intervals, total):
    return coder(intervals, total, reverse=True)


@bank.misconception(
    "Every symbol is written by itself, with a whole number of bits. Coding the text as one number is the point: what is lost for each symbol is what arithmetic coding saves."
)
def symbol_by_symbol(intervals, total):
    bits = []
    for a, b in intervals.tolist():
        n = math.ceil(math.log2(total / (b - a))) + 1
        code = math.ceil(a * 2**n / total)
        bits += [int(c) for c in bin(code)[2:].zfill(n)]
    return bits


@bank.misconception(
    "Doubling keeps floats from running out, but they are not divided as the decoder divides: `narrow` rounds down to whole numbers. Use the same `//`."
)
def floats_doubled(intervals, total):
    low, high, bits = 0.0, 1.0, []
    for a, b in intervals.tolist():
        low, high = low + (high - low) * a / total, low + (high - low) * b / total
    while len(bits) < 5000 and not low < 0.5 < high:
        bit = int(low >= 0.5)
        bits.append(bit)
        low, high = 2 * low - bit, 2 * high - bit
    return [*bits, 1]
