"""Bits per byte of held-out speeches: an embedded causal model through the arithmetic coder, beside gzip, xz and zstd on the same bytes.

    python -m benchmarks.compression [--model sotu-neox ladder-6] [--characters 100000] [--threads 1] [--rounds 1]

Every compressor must give the text back, byte by byte, before a number is printed. gzip, xz and zstd are tried as they come; zstd also with
the whole training split as a raw dictionary, since the model has read it too. The model's own weights are counted beside the text, not in
it: the last lines say after how much text they pay off. Counts and coder are the notebook's answers, so this runs where the bank is.
"""

import argparse
import gzip
import lzma
import math
from collections.abc import Callable

import torch
import zstandard

from course_tools.checks.bank import reference
from course_utils.attention_objectives import TOTAL, decoded_text, text_intervals, token_ids
from course_utils.data import load_text
from course_utils.models import LanguageModel, load_causal

from ._timing import conditions, started, timed

Pair = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


def with_zstd(dictionary: bytes | None) -> Pair:
    known = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if dictionary else None
    settings = zstandard.ZstdCompressionParameters.from_level(22, window_log=27)
    write = zstandard.ZstdCompressor(compression_params=settings, dict_data=known)
    read = zstandard.ZstdDecompressor(dict_data=known, max_window_size=1 << 27)
    return write.compress, read.decompress


def compressors(training: bytes) -> dict[str, Pair]:
    extreme = 9 | lzma.PRESET_EXTREME
    return {
        "gzip -9": (lambda data: gzip.compress(data, 9), gzip.decompress),
        "xz -9e": (lambda data: lzma.compress(data, preset=extreme), lzma.decompress),
        "zstd -22": with_zstd(None),
        "zstd -22, training speeches as dictionary": with_zstd(training),
    }


def through_model(lm: LanguageModel, text: str) -> tuple[int, float, float, bool]:
    """Bits, bits beyond -log2 p, seconds there and back, and whether the text came back."""
    encode, frequencies = (reference(f"attention_objectives/{name}") for name in ("encode", "frequencies"))
    ids = token_ids(lm, text)

    def write() -> tuple[list[int], float]:
        intervals = text_intervals(lm, ids, frequencies)
        nats = -((intervals[:, 1] - intervals[:, 0]).double() / TOTAL).log().sum().item()
        return encode(intervals, TOTAL), nats / math.log(2)

    there, (bits, ideal) = timed(write)
    back, read = timed(lambda: decoded_text(lm, bits, len(ids), frequencies))
    return len(bits), len(bits) - ideal, there + back, read == text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=["sotu-neox", "ladder-6"])
    parser.add_argument("--characters", type=int, default=100_000)
    args = started(parser, rounds=1)
    speeches = load_text("sotu")
    text = "\n".join(document.text for document in speeches.test)[: args.characters]
    data, training = text.encode(), "\n".join(document.text for document in speeches.train).encode()
    print(f"{len(data):,} bytes of held-out speeches; {conditions(args.rounds)}")
    print(f"{'':44s}{'bits/byte':>10s}{'CPU s there and back':>23s}")
    best = math.inf
    for name, (write, read) in compressors(training).items():
        there, packed = timed(lambda write=write: write(data))
        back, unpacked = timed(lambda read=read, packed=packed: read(packed))
        assert unpacked == data, name
        rate = 8 * len(packed) / len(data)
        best = min(best, rate)
        print(f"{name:44s}{rate:10.3f}{there + back:23.2f}")
    for name in args.model:
        lm = load_causal(name)
        bits, excess, seconds, same = through_model(lm, text)
        assert same, f"{name}: the text did not come back"
        assert excess <= 2, f"{name}: {excess} bits beyond -log2 p"
        rate = bits / len(data)
        weights = 2 * sum(parameter.numel() for parameter in lm.model.parameters())
        print(f"{name:44s}{rate:10.3f}{seconds:23.2f}   {excess:.2f} bits beyond -log2 p")
        pays = f"after {8 * weights / (best - rate) / 1e6:.1f} MB of text" if rate < best else "never"
        print(
            f"{'':10s}its {weights / 1e6:.2f} MB of half-precision weights pay off against the best of the others {pays}"
        )


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
