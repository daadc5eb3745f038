"""The embedded text: disjoint splits by document, checksums, sentences, and the script that makes it."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from course_utils.data.text import EMBEDDED, SPLITS, TextCorpus, load_text, sentences
from course_utils.errors import CourseError


@pytest.fixture(scope="module")
def sotu() -> TextCorpus:
    return load_text("sotu")


@pytest.fixture
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_text", EMBEDDED / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "documents"), [("sotu", [209, 12, 12]), ("moby_dick", [122, 7, 7])])
def test_splits_are_disjoint_and_complete(name: str, documents: list[int]) -> None:
    corpus = load_text(name)
    assert [len(getattr(corpus, split)) for split in SPLITS] == documents
    everything = [document for split in SPLITS for document in getattr(corpus, split)]
    assert len({document.title for document in everything}) == sum(documents)
    assert len({document.text for document in everything}) == sum(documents)
    assert corpus.bytes == {s: sum(len(d.text.encode()) for d in getattr(corpus, s)) for s in SPLITS}


def test_no_long_passage_of_the_test_split_was_seen_in_training(sotu: TextCorpus) -> None:
    training = "\n".join(document.text for document in sotu.train)
    passages = [d.text[k : k + 200] for d in (*sotu.val, *sotu.test) for k in range(0, len(d.text) - 200, 2000)]
    assert len(passages) > 400
    assert not [passage for passage in passages if passage in training]


def test_every_twentieth_year_is_held_out(sotu: TextCorpus) -> None:
    order = sorted((d.year, d.title.split()[0], split) for split in SPLITS for d in getattr(sotu, split))
    years = [year for year, _, split in order if split == "test"]
    assert years[:4] == [1790, 1810, 1830, 1850]


def test_text_is_set_plainly(sotu: TextCorpus) -> None:
    for corpus in (sotu, load_text("moby_dick")):
        text = "".join(d.text for split in SPLITS for d in getattr(corpus, split))
        assert not set("\n\t‘’“”—–\x02") & set(text)
        assert "  " not in text


def test_sentences_join_to_the_text(sotu: TextCorpus) -> None:
    for document in sotu.val:
        assert " ".join(sentences(document.text)) == document.text


def test_abbreviations_and_initials_end_no_sentence() -> None:
    text = 'Mr. Speaker, the U. S. S. Maine was lost. "Remember her!" 26 men, said Gen. Lee. Did they?'
    assert sentences(text) == [
        "Mr. Speaker, the U. S. S. Maine was lost.",
        '"Remember her!"',
        "26 men, said Gen. Lee.",
        "Did they?",
    ]


def test_unknown_text_is_refused_with_the_names() -> None:
    with pytest.raises(CourseError, match=r"unknown text 'pile'; the texts are: sotu, moby_dick"):
        load_text("pile")


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    root = Path(shutil.copytree(EMBEDDED, tmp_path / "text"))
    content = bytearray((root / "sotu.jsonl.xz").read_bytes())
    content[1000] ^= 1
    (root / "sotu.jsonl.xz").write_bytes(content)
    with pytest.raises(CourseError, match=r"sotu.jsonl.xz is corrupt: SHA-256 is \w{64}, expected \w{64}; restore it"):
        load_text("sotu", root=root)
    (root / "moby_dick.jsonl.xz").unlink()
    with pytest.raises(
        CourseError, match=r"moby_dick.jsonl.xz is missing; restore it with `git checkout -- data/text`"
    ):
        load_text("moby_dick", root=root)


def test_the_script_refuses_another_package(make: ModuleType, tmp_path: Path) -> None:
    packages = packages_of_one_document(tmp_path)
    with pytest.raises(SystemExit, match=r"sotu has checksum \w{64}, expected \w{64}"):
        make.make(packages, tmp_path)
    assert not (tmp_path / "SHA256SUMS").exists()


def test_what_the_script_writes_can_be_loaded(
    make: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = packages_of_one_document(tmp_path)
    for name in make.CONTENT:
        with pytest.raises(SystemExit) as refused:
            make.make(packages, tmp_path)
        monkeypatch.setitem(make.CONTENT, name, str(refused.value).split()[3].rstrip(","))
    make.make(packages, tmp_path)
    (document,) = load_text("sotu", root=tmp_path).test
    assert (document.title, document.year, document.text) == ("A B, 1790", 1790, '"So" it\'s -- done')
    assert len(load_text("moby_dick", root=tmp_path).train) == 122


def packages_of_one_document(folder: Path) -> dict[str, Path]:
    packages = {name: folder / "packages" / name for name in ("sotu", "moby_dick")}
    for package in packages.values():
        (package / "data").mkdir(parents=True)
    address = {"year": 1790, "name": "A B", "party": "", "text": " “So”\n it’s — done "}
    (packages["sotu"] / "data" / "1790_a_b.json").write_text(json.dumps(address))
    for k in range(1, 136):
        chapter = {"chapter": str(k), "title": "T", "text": f"chapter {k}"}
        (packages["moby_dick"] / "data" / f"chapter_{k}.json").write_text(json.dumps(chapter))
    epilogue = {"chapter": "Epilogue", "title": "T", "text": "end"}
    (packages["moby_dick"] / "data" / "epilogue.json").write_text(json.dumps(epilogue))
    return packages
