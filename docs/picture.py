"""docs/_static/notebooks.png, the picture of README: one figure of each notebook, taken from the last quick run.

make run && python docs/picture.py
"""

import base64
import io
from pathlib import Path

import nbformat
from PIL import Image

from course_utils.paths import RUNS

ROWS = (  # task -> the call that draws it
    {"simclr": "plots.show_views(", "pseudo_perplexity": "plots.plot_sentence_perplexities("},
    {"infonce": "plots.plot_bounds(", "pythia_scaling": "plots.plot_three("},
)
WIDTH, GAP = 1400, 20
TARGET = Path(__file__).parent / "_static" / "notebooks.png"


def figure(task: str, call: str) -> Image.Image:
    """What the first cell with `call` drew."""
    cells = nbformat.read(RUNS / "quick" / f"{task}.ipynb", 4).cells
    outputs = next(cell.outputs for cell in cells if cell.cell_type == "code" and call in cell.source)
    data = next(output.data["image/png"] for output in outputs if "image/png" in output.get("data", {}))
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def row(pictures: list[Image.Image]) -> Image.Image:
    """Side by side at one height, WIDTH wide in all."""
    shapes = [picture.width / picture.height for picture in pictures]
    height = round((WIDTH - GAP * (len(pictures) - 1)) / sum(shapes))
    whole, left = Image.new("RGB", (WIDTH, height), "white"), 0
    for picture, shape in zip(pictures, shapes, strict=True):
        whole.paste(picture.resize((round(shape * height), height), Image.Resampling.LANCZOS), (left, 0))
        left += round(shape * height) + GAP
    return whole


def main() -> None:
    rows = [row([figure(task, call) for task, call in pair.items()]) for pair in ROWS]
    whole, top = Image.new("RGB", (WIDTH, sum(one.height + GAP for one in rows) - GAP), "white"), 0
    for one in rows:
        whole.paste(one, (0, top))
        top += one.height + GAP
    whole.quantize(255).save(TARGET, optimize=True)
    print(f"{TARGET}: {WIDTH} x {whole.height}, {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
