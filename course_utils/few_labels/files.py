"""What `data/few_labels/` holds beside the pretrained encoder: a table with real outliers."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from course_utils.data.recordings import rows
from course_utils.paths import DATA

FOLDER = DATA / "few_labels"


@dataclass(frozen=True)
class Calls:
    """Telephone calls by year: years (n,), millions of calls (n,), both float64."""

    years: Tensor
    millions: Tensor


def telephone_calls(folder: Path = FOLDER) -> Calls:
    """International calls from Belgium, 1950 to 1973 (Rousseeuw & Leroy 1987, table 2 on page 26). Raises CourseError as `rows`."""
    table = rows(folder, "phones")
    columns = (torch.tensor([float(row[name]) for row in table], dtype=torch.float64) for name in ("year", "millions"))
    return Calls(*columns)
