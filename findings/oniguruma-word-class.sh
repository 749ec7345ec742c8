#!/usr/bin/env bash
# Oniguruma, as bundled in tokenizers 0.23.3 (pip): \w and [\w] disagree about six characters.
#
# \w matches the superscripts ² ³ ¹ and the fractions ¼ ½ ¾. Inside brackets it does not: [\w], [^\W],
# [[:word:]] and [^\W\d_] all refuse them. (⁴ and ⅓, of the same kind but beyond Latin-1, match neither.)
# So a Split pattern of a tokenizer.json cuts "10m²" in another place when \w is rewritten as [\w].
# A user would expect \w and [\w] to match the same characters, as in other regular expressions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps tokenizers==0.23.3 >&2

cat > check.py <<'PY'
import platform

import tokenizers
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split


def matches(pattern, character):
    return Split(Regex(pattern), "removed").pre_tokenize_str(character) == []


def pieces(pattern, text):
    return [piece for piece, _ in Split(Regex(pattern), "isolated").pre_tokenize_str(text)]


print(f"tokenizers {tokenizers.__version__}, Python {platform.python_version()}")
patterns = [r"\w", r"[\w]", r"[^\W]", r"[[:word:]]", r"[^\W\d_]"]
expected = {character: [True, False, False, False, False] for character in "²³¹¼½¾"}
expected |= {"é": [True] * 5, "ª": [True] * 5, "⁴": [False] * 5, "⅓": [False] * 5}
same = True
for character, answers in expected.items():
    seen = [matches(pattern, character) for pattern in patterns]
    same &= seen == answers
    print(character, *(f"{pattern} {'yes' if answer else 'no'}" for pattern, answer in zip(patterns, seen)), sep="  ")
outside, inside = pieces(r"\w+", "10m²"), pieces(r"[\w]+", "10m²")
same &= (outside, inside) == (["10m²"], ["10m", "²"])
print(r'"10m²" split by \w+:', outside, r"and by [\w]+:", inside)
print("as described" if same else "CHANGED")
raise SystemExit(0 if same else 1)
PY
venv/bin/python check.py
