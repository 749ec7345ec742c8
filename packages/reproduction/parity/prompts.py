"""Golden token ids of trigger prompts and soft prompts, written as the Python package of 2021 wrote them.

    python packages/reproduction/parity/prompts.py FIXTURES OUT     FIXTURES: packages/relbert/test/fixtures/tokenizer, OUT: a JSON file

What `relbert` 0.0.2 does with a pair (read in its source, written anew here): the words are tokenised between mask
tokens, all joined by spaces; the mask tokens' ids are exchanged for the prompt's in order; the ids are decoded with
special tokens, spaces cleaned up as transformers did by default then; the text is encoded again. For a soft prompt
the ids exchanged are those of one added special token, whose places take the vectors in order; here the place k is
written as vocabulary size + k.

Made with tokenizers 0.23.3.
"""

import json
import os
import random
import sys

import tokenizer_ids as parity
import tokenizers
from tokenizers import AddedToken

CLEAN = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"]
PSEUDO = "<prompt>"


def clean_up(text: str) -> str:
    for pattern in CLEAN:
        text = text.replace(pattern, pattern.strip())
    return text


def encode(tokenizer, mask: str, top, mid, bottom, head: str, tail: str, again: bool):
    text = " ".join([mask] * len(top) + [head] + [mask] * len(mid) + [tail] + [mask] * len(bottom))
    ids = tokenizer.encode(text).ids
    learned = iter([*top, *mid, *bottom])
    ids = [next(learned) if i == tokenizer.token_to_id(mask) else i for i in ids]
    assert next(learned, None) is None
    if not again:
        return ids
    return tokenizer.encode(clean_up(tokenizer.decode(ids, skip_special_tokens=False))).ids


def main(fixtures: str, out: str) -> None:
    with open(f"{fixtures}/odd-words.json", encoding="utf-8") as f:
        odd = json.load(f)
    plain = ["Tokyo", "Japan", "mother-in-law", "New York", "dog", "word's", "language", "the", "."]
    result = {"madeBy": f"parity/prompts.py with tokenizers {tokenizers.__version__}", "cases": []}
    rng = random.Random(7)
    for name in ["bert-cased", "mpnet", "roberta", "albert", "xlm-roberta"]:
        mask = "[MASK]" if name in ("bert-cased", "albert") else "<mask>"
        tokenizer = parity.load_json(f"{fixtures}/{name}")
        words = plain + [w for w in odd if mask not in w and PSEUDO not in w]
        size = tokenizer.get_vocab_size()
        special = {t["id"] for t in json.loads(tokenizer.to_str())["added_tokens"] if t["special"]}
        marks = [tokenizer.token_to_id(t) for t in [",", ".", "'", "s", "▁,", "Ġ,", "Ġ'", "'s", "Ġ!", "!"]]
        usable = [i for i in range(size) if i not in special]
        pick = lambda n: [rng.choice([m for m in marks if m is not None]) if rng.random() < 0.3 else rng.choice(usable) for _ in range(n)]
        pairs = [(rng.choice(words), rng.choice(plain)) if i % 3 else (rng.choice(plain), rng.choice(words)) for i in range(36)]
        pairs = [[h, t] for h, t in pairs]
        for counts in [(8, 2, 2), (9, 1, 3), (0, 1, 0), (2, 0, 0)]:
            top, mid, bottom = map(pick, counts)
            result["cases"].append(
                {
                    "tokenizer": name,
                    "kind": "trigger",
                    "top": top,
                    "mid": mid,
                    "bottom": bottom,
                    "pairs": pairs,
                    "2021": [encode(tokenizer, mask, top, mid, bottom, h, t, True) for h, t in pairs],
                    "2023": [encode(tokenizer, mask, top, mid, bottom, h, t, False) for h, t in pairs],
                }
            )
        soft = parity.load_json(f"{fixtures}/{name}")
        soft.add_special_tokens([AddedToken(PSEUDO, normalized=False, special=True)])
        pseudo = soft.token_to_id(PSEUDO)
        assert pseudo == size
        for top, mid, bottom in [(8, 2, 2), (0, 0, 1)]:

            def numbered(ids):
                place = iter(range(size, size + top + mid + bottom))
                return [next(place) if i == pseudo else i for i in ids]

            prompt = ([pseudo] * top, [pseudo] * mid, [pseudo] * bottom)
            result["cases"].append(
                {
                    "tokenizer": name,
                    "kind": "soft",
                    "top": top,
                    "mid": mid,
                    "bottom": bottom,
                    "pairs": pairs,
                    "2021": [numbered(encode(soft, mask, *prompt, h, t, True)) for h, t in pairs],
                    "2023": [numbered(encode(soft, mask, *prompt, h, t, False)) for h, t in pairs],
                }
            )
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out, "w", encoding="utf-8") as f:
        json.dump(result, f, ensure_ascii=True, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
