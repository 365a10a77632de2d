"""Which encoding a text file has, and its text with unreadable bytes kept visible for the report."""

import codecs

from .problems import FileProblem

KNOWN = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "big5", "cp1252", "latin-1")
SAMPLE = 4_000_000


def _multibyte_counts(data):
    """Number of valid UTF-8 multi-byte characters and of undecodable bytes in ``data``."""
    text = data.decode("utf-8", "surrogateescape")
    broken = sum(1 for char in text if "\udc80" <= char <= "\udcff")
    valid = sum(1 for char in text if ord(char) > 127) - broken
    return valid, broken


def _looks_chinese(data):
    """True when the non-ASCII bytes are pairs as in GB2312/GBK.

    Western single letters (e acute, u umlaut) are followed by ASCII and form no pair of two high bytes, while
    Chinese text is made of such pairs almost alone.
    """
    try:
        data.decode("gb18030")
    except UnicodeDecodeError as error:
        # A cut sample may end inside a pair.
        if error.start < len(data) - 4:
            return False
    pairs = singles = index = 0
    while index < len(data):
        if data[index] < 0x80:
            index += 1
        elif index + 1 < len(data) and data[index + 1] >= 0xA1:
            pairs += 1
            index += 2
        else:
            singles += 1
            index += 2
    return pairs > 3 * singles


def detect_encoding(data):
    """Name of the encoding of ``data`` (bytes): one of :data:`KNOWN`."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data[:SAMPLE]:
        raise FileProblem("binary")
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    sample = data[:SAMPLE]
    valid, broken = _multibyte_counts(sample)
    if valid and valid >= broken:
        return "utf-8"
    if _looks_chinese(sample):
        return "gb18030"
    return "cp1252"


def decode(data, encoding=None):
    """Text of ``data`` and the encoding used.

    Bytes that the encoding does not know stay in the text as lone surrogates, so that the line that holds them
    can be reported instead of the whole file being refused.

    :param encoding: None to detect it
    :raise FileProblem: binary content, or an encoding whose name is unknown
    """
    encoding = encoding or detect_encoding(data)
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise FileProblem("encoding_unknown", encoding=encoding) from None
    if encoding == "utf-16":
        try:
            return data.decode("utf-16"), encoding
        except UnicodeDecodeError:
            raise FileProblem("encoding_broken", encoding=encoding) from None
    return data.decode(encoding, "surrogateescape"), encoding


def is_broken(text):
    """True when ``text`` holds bytes that its encoding does not know."""
    return any("\udc80" <= char <= "\udcff" for char in text) if not text.isascii() else False
