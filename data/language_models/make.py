"""Train the tokenizer of the embedded models."""

from course_utils.data.text import load_text
from course_utils.models.tokenization import BPE_FILE, train_bpe

train_bpe(document.text for document in load_text("sotu").train).save(str(BPE_FILE))
