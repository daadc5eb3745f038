"""The two tokenizers of the embedded models, both over bytes, so every text has tokens and comes back unchanged."""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import bytes_to_unicode

from course_utils.errors import CourseError
from course_utils.paths import DATA, restore

BPE_FILE = DATA / "language_models" / "tokenizer.json"
VOCABULARY = 2048
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """The 256 bytes as a vocabulary: the id of a token is the value of its byte. There is no special token."""
    symbols = bytes_to_unicode()
    bytewise = Tokenizer(models.BPE(vocab={symbol: byte for byte, symbol in symbols.items()}, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bytewise.decoder = decoders.ByteLevel()
    return _wrapped(bytewise)


def train_bpe(texts: Iterable[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """A byte-level BPE (Sennrich et al. 2016; GPT-2's pre-tokenization) that frames a text as BERT does: [CLS] text [SEP].

    No text is unknown to it; [UNK] is there because tools for masked models expect one.
    """
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    frame = [(token, bpe.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    bpe.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=frame
    )
    return bpe


def bpe_tokenizer(path: Path = BPE_FILE) -> PreTrainedTokenizerFast:
    """The embedded BPE of 2,048 tokens. [CLS] also begins and [SEP] also ends a text for a causal model.

    Raises:
        CourseError: the file is absent or not a tokenizer.
    """
    try:
        bpe = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise CourseError(f"{path} is missing or damaged ({error}); {restore('data/language_models')}") from error
    names = {f"{token[1:-1].lower()}_token": token for token in SPECIAL}
    return _wrapped(bpe, **names, bos_token="[CLS]", eos_token="[SEP]")


def _wrapped(tokenizer: Tokenizer, **special: str) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        **special,
    )
