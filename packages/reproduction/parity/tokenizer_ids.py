"""Golden token ids and word spans of prompts, by HuggingFace tokenizers and transformers.

Two steps:

    python packages/reproduction/parity/tokenizer_ids.py train WORDS OUT    small vocabularies of four families, in both forms
    python packages/reproduction/parity/tokenizer_ids.py golden SHARED OUT  hashes of ids and spans of prompts

WORDS is a vocab.txt whose whole words serve as text (that of all-MiniLM-L6-v2, Apache-2.0), SHARED the folder with
data/ and models/, OUT is packages/relbert/test/fixtures/tokenizer. `golden` reads odd-words.json there, and writes golden.json.

A prompt is a template with the words put in; the span of a word is every token whose offsets overlap the characters
of one of its occurrences, that of the mask every token with the mask's id. Lines of JSON `[ids, head, tail, mask]`,
joined by line feeds in blocks of 1,024 prompts, are hashed with SHA-256, and the test makes the same prompts again:
no word of SHARED is written down.

Made with tokenizers 0.23.3, transformers 5.23.0, sentencepiece 0.2.3.
"""

import base64
import gzip
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile

import tokenizers
from tokenizers import Tokenizer

TEMPLATES = [
    "Today, I finally discovered the relation between <subj> and <obj> : <subj> is the <mask> of <obj>",
    "Today, I finally discovered the relation between <subj> and <obj> : <obj>  is <subj>'s <mask>",
    "Today, I finally discovered the relation between <subj> and <obj> : <mask>",
    "I wasn’t aware of this relationship, but I just read in the encyclopedia that <subj> is the <mask> of <obj>",
    "I wasn’t aware of this relationship, but I just read in the encyclopedia that <obj>  is <subj>’s <mask>",
    "<subj> <mask> <obj>",
    "<subj> and <obj>",
    "<subj> is to <obj>",
    "<subj><obj>",
    "“<subj>”-<obj> <mask><mask>, <subj>",
    " <mask><subj>  <obj>/<subj> ",
]

BLOCK = 1024
SHARED_PROMPTS = 20 * BLOCK
ODD_PROMPTS = 3 * BLOCK

# Parts of tokenizer.json in other forms that occur: made by other versions, for other models.
METASPACE_4 = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "prepend_scheme": "always"}
VARIANTS = [
    ("bert-cased", "nfc", {"normalizer": {"type": "NFC"}}),
    ("bert-cased", "nfkc", {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]}}),
    ("bert-cased", "nfd", {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}}),
    (
        "bert-cased",
        "strip",
        {
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Nmt"}, {"type": "NFKD"}]},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, {"type": "Digits", "individual_digits": True}]},
        },
    ),
    ("bert-cased", "no cleaning", {"normalizer": {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": True, "lowercase": False}}),
    (
        "bert-cased",
        "splits",
        {
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                    {"type": "WhitespaceSplit"},
                    {"type": "Punctuation", "behavior": "MergedWithPrevious"},
                    {"type": "Split", "pattern": {"String": "e"}, "behavior": "MergedWithNext", "invert": False},
                    {"type": "Digits", "individual_digits": False},
                    {"type": "Split", "pattern": {"Regex": "[ao]+"}, "behavior": "Contiguous", "invert": False},
                    {"type": "Split", "pattern": {"Regex": "[iu]"}, "behavior": "Isolated", "invert": True},
                ],
            }
        },
    ),
    (
        "roberta",
        "prefix space",
        {
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True},
        },
    ),
    ("roberta", "no trimming", {"post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": False, "add_prefix_space": False}}),
    ("roberta", "normalised mask", {"added_tokens": "normalized"}),
    ("xlm-roberta", "transformers 4", {"normalizer": "runs of spaces", "pre_tokenizer": METASPACE_4}),
    ("xlm-roberta", "first", {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}}),
    ("albert", "never", {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True}, "added_tokens": "normalized"}),
]


def train(words_file: str, out: str) -> None:
    import sentencepiece
    from tokenizers import models, normalizers, pre_tokenizers, trainers

    with open(words_file, encoding="utf-8") as f:
        words = [w for w in f.read().split("\n") if w and not w.startswith(("##", "["))]
    random.seed(0)
    lines = []
    for i, word in enumerate(words):
        for k in range(1 + 3000 // (i + 100)):
            lines.append((word if k % 3 else word.capitalize()) + " " + random.choice(words))
    with open(f"{out}/odd-words.json", encoding="utf-8") as f:
        lines += [" ".join(w.split()) for w in json.load(f) for _ in range(2) if w.split() and "\0" not in w]
    for template in TEMPLATES[:5]:
        lines += [template.replace("<subj>", "X").replace("<obj>", "Y").replace("<mask>", "Z")] * 100

    def folder(name: str) -> str:
        path = os.path.join(out, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def write(path: str, value: object) -> None:
        with open(path, "w", encoding="utf-8") as f:
            json.dump(value, f, ensure_ascii=False)
            f.write("\n")

    bert = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    bert.normalizer = normalizers.BertNormalizer(lowercase=False)
    bert.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    bert.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=4000, special_tokens=special, show_progress=False))
    path = folder("bert-cased")
    bert.model.save(path)
    write(f"{path}/tokenizer_config.json", {"do_lower_case": False, "model_max_length": 512, "tokenizer_class": "BertTokenizer"})

    with open(f"{path}/vocab.txt", encoding="utf-8") as f:
        vocab = f.read().split("\n")[:-1]
    path = folder("mpnet")
    with open(f"{path}/vocab.txt", "w", encoding="utf-8") as f:
        f.write("\n".join(["<s>", "<pad>", "</s>", "[UNK]", *vocab[5:], "<mask>"]) + "\n")
    write(f"{path}/tokenizer_config.json", {"do_lower_case": True, "model_max_length": 512, "tokenizer_class": "MPNetTokenizer"})

    roberta = Tokenizer(models.BPE())
    roberta.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    roberta.train_from_iterator(
        (" " + line for line in lines),
        trainers.BpeTrainer(vocab_size=3000, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    path = folder("roberta")
    roberta.model.save(path)
    mask = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}
    write(f"{path}/tokenizer_config.json", {"tokenizer_class": "RobertaTokenizer", "model_max_length": 512})
    write(f"{path}/special_tokens_map.json", {"mask_token": mask})

    for name, file, options in [
        (
            "albert",
            "spiece.model",
            {
                "pad_id": 0,
                "unk_id": 1,
                "bos_id": -1,
                "eos_id": -1,
                "control_symbols": special_of_albert,
                "user_defined_symbols": ["(", ")", '"', "-", ".", "–", "£", "€"],
            },
        ),
        ("xlm-roberta", "sentencepiece.bpe.model", {"unk_id": 0, "bos_id": 1, "eos_id": 2}),
    ]:
        path = folder(name)
        with tempfile.TemporaryDirectory() as temp:
            with open(f"{temp}/text", "w", encoding="utf-8") as f:
                f.write("\n".join(lines))
            sentencepiece.SentencePieceTrainer.train(
                input=f"{temp}/text",
                model_prefix=f"{temp}/model",
                model_type="unigram",
                vocab_size=4000,
                character_coverage=1.0,
                normalization_rule_name="nmt_nfkc",
                num_threads=1,
                minloglevel=2,
                **options,
            )
            with open(f"{temp}/model.model", "rb") as f:
                write_gzip(f"{path}/{file}.gz", f.read())
        token = "[MASK]" if name == "albert" else "<mask>"
        write(f"{path}/special_tokens_map.json", {"mask_token": {**mask, "content": token}})
        kind = "AlbertTokenizer" if name == "albert" else "XLMRobertaTokenizer"
        write(f"{path}/tokenizer_config.json", {"tokenizer_class": kind, "model_max_length": 512})

    for name in ["bert-cased", "mpnet", "roberta", "albert", "xlm-roberta"]:
        path = os.path.join(out, name)
        value = json.loads(load_older_files(path).to_str())
        for part in normalisers(value):
            if part["type"] == "Precompiled":
                part["precompiled_charsmap"] = IN_MODEL
        write_gzip(f"{path}/tokenizer.json.gz", json.dumps(value, ensure_ascii=False).encode())
        for file in os.listdir(path):
            print(name, file, os.path.getsize(f"{path}/{file}"))


special_of_albert = ["[CLS]", "[SEP]", "[MASK]"]


def write_gzip(path: str, data: bytes) -> None:
    with open(path, "wb") as f:
        f.write(gzip.compress(data, 9, mtime=0))


def load_older_files(path: str) -> Tokenizer:
    """The backend that transformers makes of a folder without tokenizer.json."""
    import transformers

    with tempfile.TemporaryDirectory() as temp:
        for file in os.listdir(path):
            if file.startswith("tokenizer.json"):
                continue
            with open(f"{path}/{file}", "rb") as f:
                data = f.read()
            if file.endswith(".gz"):
                file, data = file[:-3], gzip.decompress(data)
            with open(f"{temp}/{file}", "wb") as f:
                f.write(data)
        with open(f"{temp}/tokenizer_config.json", encoding="utf-8") as f:
            name = json.load(f)["tokenizer_class"]
        return getattr(transformers, name).from_pretrained(temp).backend_tokenizer


# Stands in tokenizer.json for the normalisation rules, 300 KB, that the SentencePiece model beside it holds.
IN_MODEL = "as in the model"


def normalisers(value: dict) -> list[dict]:
    part = value["normalizer"] or {"type": "Sequence", "normalizers": []}
    return part["normalizers"] if part["type"] == "Sequence" else [part]


def read_json(path: str) -> dict:
    from sentencepiece import sentencepiece_model_pb2 as spm

    with gzip.open(f"{path}/tokenizer.json.gz") as f:
        value = json.loads(f.read().decode())
    for part in normalisers(value):
        if part.get("precompiled_charsmap") == IN_MODEL:
            model = next(file for file in os.listdir(path) if file.endswith(".model.gz"))
            proto = spm.ModelProto()
            with gzip.open(f"{path}/{model}") as f:
                proto.ParseFromString(f.read())
            part["precompiled_charsmap"] = base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
    return value


def load_json(path: str) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(read_json(path)))


def patched(path: str, patch: dict) -> Tokenizer:
    value = read_json(path)
    for key, part in patch.items():
        if part == "normalized":
            value[key] = [{**token, "normalized": True} for token in value[key]]
        elif part == "runs of spaces":
            runs = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
            value[key] = {"type": "Sequence", "normalizers": [value[key], runs]}
        else:
            value[key] = part
    return Tokenizer.from_str(json.dumps(value))


def shared_words(shared: str) -> list[str]:
    words: set[str] = set()
    for name in ["u2", "google", "bats"]:
        for part in ["valid", "test"]:
            with open(f"{shared}/data/analogy/{name}/{part}.jsonl", encoding="utf-8") as f:
                for line in f:
                    question = json.loads(line)
                    for pair in [question["stem"], *question["choice"]]:
                        words.update(pair)
    for name in ["BLESS", "EVALution", "K&H+N"]:
        for part in ["train", "val", "test"]:
            with open(f"{shared}/data/lexical_relation/{name}/{part}.tsv", encoding="utf-8") as f:
                for line in f:
                    words.update(line.rstrip("\r\n").split("\t")[:2])
    # JavaScript sorts by UTF-16 code units.
    return sorted(words, key=lambda word: word.encode("utf-16-be"))


def shared_prompts(words: list[str], odd: list[str]):
    n = len(words)
    for i in range(SHARED_PROMPTS):
        head, tail = words[i * 7919 % n], words[(i * 104729 + 17) % n]
        if i % 4 == 1:
            head = odd[(i // 4) % len(odd)]
        if i % 8 == 3:
            tail = odd[(i // 8) % len(odd)]
        yield TEMPLATES[i % len(TEMPLATES)], head, tail


def odd_prompts(odd: list[str]):
    for i in range(ODD_PROMPTS):
        yield TEMPLATES[i % len(TEMPLATES)], odd[i * 7 % len(odd)], odd[(i * 5 + i // len(odd)) % len(odd)]


def write_prompt(template: str, head: str, tail: str, mask: str):
    """The text, and the ranges of head and tail in it."""
    text, ranges = "", {"<subj>": [], "<obj>": []}
    rest = template
    while rest:
        name = next((n for n in ["<subj>", "<obj>", "<mask>"] if rest.startswith(n)), None)
        piece = {"<subj>": head, "<obj>": tail, "<mask>": mask, None: rest[0]}[name]
        if name in ranges:
            ranges[name].append((len(text), len(text) + len(piece)))
        text += piece
        rest = rest[len(name) if name else 1 :]
    return text, ranges["<subj>"], ranges["<obj>"]


def golden_lines(tokenizer: Tokenizer, mask: str, prompts) -> list[str]:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    mask_id = tokenizer.token_to_id(mask)
    lines = []
    for template, head, tail in prompts:
        text, heads, tails = write_prompt(template, head, tail, mask)
        encoding = tokenizer.encode(text)
        offsets = encoding.offsets

        def span(ranges):
            return [i for i, (s, e) in enumerate(offsets) if any(max(s, a) < min(e, b) for a, b in ranges)]

        ids = encoding.ids
        masks = [i for i, id in enumerate(ids) if id == mask_id]
        lines.append(json.dumps([ids, span(heads), span(tails), masks], separators=(",", ":")))
    return lines


def hashes(lines: list[str]) -> list[str]:
    blocks = [lines[i : i + BLOCK] for i in range(0, len(lines), BLOCK)]
    return [hashlib.sha256("\n".join(block).encode()).hexdigest()[:32] for block in blocks]


def golden(shared: str, out: str) -> None:
    with open(f"{out}/odd-words.json", encoding="utf-8") as f:
        odd = json.load(f)
    words = shared_words(shared)
    result = {
        "madeBy": f"parity/tokenizer_ids.py with tokenizers {tokenizers.__version__}",
        "templates": TEMPLATES,
        "block": BLOCK,
        "words": len(words),
        "tokenizers": {},
        "variants": [],
    }
    jobs = [("all-MiniLM-L6-v2", None, "[MASK]")]
    jobs += [(name, None, "[MASK]" if name in ("bert-cased", "albert") else "<mask>") for name in ["bert-cased", "mpnet", "roberta", "albert", "xlm-roberta"]]
    for name, _, mask in jobs:
        path = os.path.join(out, name)
        mini = name == "all-MiniLM-L6-v2"
        tokenizer = Tokenizer.from_file(f"{shared}/models/{name}/tokenizer.json") if mini else load_json(path)
        of_odd = golden_lines(tokenizer, mask, odd_prompts(odd))
        of_shared = golden_lines(tokenizer, mask, shared_prompts(words, odd))
        if not mini:
            older = load_older_files(path)
            assert golden_lines(older, mask, odd_prompts(odd)) == of_odd, name
        result["tokenizers"][name] = {
            "odd": hashes(of_odd),
            "shared": hashes(of_shared),
            "samples": [json.loads(line) for line in of_odd[:: len(of_odd) // 12]],
        }
        print(name, len(of_odd), len(of_shared))
    for base, name, patch in VARIANTS:
        mask = "[MASK]" if base in ("bert-cased", "albert") else "<mask>"
        lines = golden_lines(patched(os.path.join(out, base), patch), mask, odd_prompts(odd))
        result["variants"].append({"base": base, "name": name, "patch": patch, "odd": hashes(lines)})
    with open(f"{out}/golden.json", "w", encoding="utf-8") as f:
        json.dump(result, f, ensure_ascii=False, indent=1)
        f.write("\n")


if __name__ == "__main__":
    {"train": train, "golden": golden}[sys.argv[1]](*sys.argv[2:])
