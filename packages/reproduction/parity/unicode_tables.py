"""Writes packages/relbert/src/tokenizer/unicode-tables.ts: the character classes of the reference tokenizers, measured code point by code point.

The reference library (Rust) carries tables of several old Unicode versions, a JavaScript engine its own, newer one;
which characters count as punctuation, letters or accents must not depend on the engine. So each class is asked of
the reference for all code points and written down.

    python packages/reproduction/parity/unicode_tables.py > packages/relbert/src/tokenizer/unicode-tables.ts

Made with tokenizers 0.23.3.
"""

import sys

from tokenizers import normalizers, pre_tokenizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def digits36(n: int) -> str:
    out = ""
    while True:
        n, r = divmod(n, 36)
        out = "0123456789abcdefghijklmnopqrstuvwxyz"[r] + out
        if n == 0:
            return out


def encode(members: list[int]) -> str:
    """Ranges as gap and length in base 36; a length of 1 is left out. Surrogates are skipped over."""
    ranges: list[list[int]] = []
    for c in members:
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    parts, at = [], 0
    for start, end in ranges:
        gap, length = start - at, end - start + 1
        parts.append(digits36(gap) + ("" if length == 1 else "+" + digits36(length)))
        at = end + 1
    return " ".join(parts)


def pieces(pre_tokenizer, text: str) -> int:
    return len(pre_tokenizer.pre_tokenize_str(text))


clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
strip = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
accents = normalizers.StripAccents()
nfd = normalizers.NFD()
bert = pre_tokenizers.BertPreTokenizer()
split = pre_tokenizers.WhitespaceSplit()
level = pre_tokenizers.ByteLevel(add_prefix_space=False)

space = [c for c in POINTS if pieces(split, "a" + chr(c) + "b") == 2]
spaces = set(space)
control = [c for c in POINTS if clean.normalize_str(chr(c)) == ""]
nonspacing = [c for c in POINTS if nfd.normalize_str(chr(c)) == chr(c) and strip.normalize_str(chr(c)) == ""]
combining = [c for c in POINTS if accents.normalize_str(chr(c)) == ""]
punctuation = [c for c in POINTS if c not in spaces and pieces(bert, "a" + chr(c) + "b") == 3]
letter = [c for c in POINTS if c not in spaces and pieces(level, "a" + chr(c)) == 1]
number = [c for c in POINTS if c not in spaces and pieces(level, "1" + chr(c)) == 1]

out = sys.stdout
out.write("// Written by packages/reproduction/parity/unicode_tables.py: the character classes of the reference tokenizers. Do not edit.\n")
out.write("// Each is a list of ranges: gap to the range before and, unless it is 1, the length, in base 36.\n\n")
for name, doc, members in [
    ("whiteSpace", "White space: where words are split.", space),
    ("control", "What BERT's cleaning removes.", control),
    ("nonspacingMark", "What BERT's accent stripping removes after decomposition.", nonspacing),
    ("combiningMark", "What the normaliser StripAccents removes.", combining),
    ("punctuation", "What BERT splits off as punctuation.", punctuation),
    ("letter", "Letters of the byte-level pre-tokeniser.", letter),
    ("number", "Numbers of the byte-level pre-tokeniser.", number),
]:
    out.write(f"/** {doc} */\nexport const {name} =\n  '{encode(members)}';\n\n")
