"""Text that a spreadsheet program or Moodle has written: in which encoding, and what separates its columns."""

BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode(data: bytes) -> tuple[str, str]:
    """The text, a byte order mark included, and the encoding that turns it into the same bytes again."""
    encoding = next((name for bom, name in BOMS if data.startswith(bom)), "utf-8")
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:  # a spreadsheet program saved it
        return data.decode("latin-1"), "latin-1"


def separator(text: str) -> str:
    """Comma, semicolon or tab: whichever the first line has most of."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)
