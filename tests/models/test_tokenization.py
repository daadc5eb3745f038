"""The two tokenizers: every text comes back, ids are what they are said to be."""

import random
from pathlib import Path

import pytest

from course_utils.data.text import load_text
from course_utils.errors import CourseError
from course_utils.models.tokenization import BPE_FILE, SPECIAL, bpe_tokenizer, byte_tokenizer, train_bpe

CHARACTERS = [*range(0x800), *range(0x800, 0xD800, 0x40), *range(0xE000, 0x110000, 0x1000)]
EVERY_BYTE = "".join(map(chr, CHARACTERS))


def test_every_byte_of_utf8_makes_the_round_trip() -> None:
    never = {0xC0, 0xC1, *range(0xF5, 0x100)}  # in no UTF-8 text
    assert set(EVERY_BYTE.encode()) == set(range(0x100)) - never
    for tokenizer in (byte_tokenizer(), bpe_tokenizer()):
        ids = tokenizer(EVERY_BYTE, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids) == EVERY_BYTE


def test_the_id_of_a_byte_token_is_the_byte() -> None:
    tokenizer = byte_tokenizer()
    assert len(tokenizer) == 256
    assert tokenizer(EVERY_BYTE)["input_ids"] == list(EVERY_BYTE.encode())
    assert not tokenizer.all_special_ids


def test_all_256_byte_tokens_are_distinct_bytes() -> None:
    tokenizer = byte_tokenizer()
    symbols = tokenizer.convert_ids_to_tokens(list(range(256)))
    assert len(set(symbols)) == 256
    assert tokenizer.convert_tokens_to_ids(symbols) == list(range(256))


def test_bpe_frames_a_text_as_bert_does() -> None:
    tokenizer = bpe_tokenizer()
    assert len(tokenizer) == 2048
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL)) == [0, 1, 2, 3, 4]
    ids = tokenizer("We the people")["input_ids"]
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert tokenizer.decode(ids, skip_special_tokens=True) == "We the people"
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (2, 3)
    assert tokenizer.model_input_names == ["input_ids", "attention_mask"]


def test_bpe_joins_bytes_within_words_only() -> None:
    tokenizer = bpe_tokenizer()
    tokens = tokenizer.tokenize("the United States of America and the Congress")
    assert max(token.count("Ġ") for token in tokens) == 1
    assert "Ġof" in tokens and "ĠCongress" in tokens


def test_the_shipped_bpe_is_what_the_training_split_gives(tmp_path: Path) -> None:
    again = train_bpe(document.text for document in load_text("sotu").train)
    again.save(str(tmp_path / "tokenizer.json"))
    assert (tmp_path / "tokenizer.json").read_bytes() == BPE_FILE.read_bytes()


def test_bpe_compresses_held_out_text_more_than_threefold() -> None:
    tokenizer, document = bpe_tokenizer(), random.Random(0).choice(load_text("sotu").test)
    assert document.bytes / len(tokenizer(document.text, add_special_tokens=False)["input_ids"]) > 3


def test_a_damaged_tokenizer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(BPE_FILE.read_bytes()[:1000])
    with pytest.raises(CourseError, match=r"tokenizer.json is missing or damaged"):
        bpe_tokenizer(path)
