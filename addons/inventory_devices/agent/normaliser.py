"""What a device says is hostile text until it went through here."""

MAXIMUM_LENGTH = 512
# GS1 separators and the ISO 15434 envelope carry meaning; every other control character is noise or an attack.
KEPT_CONTROLS = {"\x04", "\x1d", "\x1e"}


def clean_scan(raw):
    """One scanned code from raw bytes.

    Undecodable bytes become U+FFFD, control characters are dropped but for GS, RS and EOT, spaces at the ends
    are trimmed, the rest is cut at :data:`MAXIMUM_LENGTH` characters.

    :param raw: bytes of one line, with or without its line end
    :return: text, empty if nothing is left
    """
    text = raw.decode("utf-8", errors="replace")
    kept = "".join(char for char in text if char in KEPT_CONTROLS or char.isprintable())
    return kept.strip(" ")[:MAXIMUM_LENGTH]
