"""Golden token ids and word spans of prompts, by HuggingFace tokenizers and transformers.

Three steps:

    python packages/reproduction/parity/tokenizer_ids.py train WORDS OUT    small vocabularies of several families, in both forms
    python packages/reproduction/parity/tokenizer_ids.py golden SHARED OUT  hashes of ids and spans of prompts
    python packages/reproduction/parity/tokenizer_ids.py regex OUT          matches of regular expressions

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

NAMES = ["bert-cased", "mpnet", "roberta", "albert", "xlm-roberta", "herbert", "camembert", "deberta-v2"]
BRACKETS = ["bert-cased", "albert", "deberta-v2"]
"""Those whose mask is [MASK], not <mask>."""

ODD_WORDS_ONLY = ["herbert", "camembert", "deberta-v2"]
"""Their steps occur in the others; the odd words are enough."""

BLOCK = 1024
SHARED_PROMPTS = 20 * BLOCK
ODD_PROMPTS = 3 * BLOCK

# Parts of tokenizer.json in other forms that occur: made by other versions, for other models.
METASPACE_4 = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "prepend_scheme": "always"}
GPT_4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
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
    (
        "roberta",
        "ModernBERT",
        {
            "normalizer": {"type": "NFC"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}},
            },
            "added_tokens": "runs of spaces",
        },
    ),
    ("roberta", "words in GPT-4's manner", {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": GPT_4}, "behavior": "Isolated", "invert": False}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}}),
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

    herbert = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    herbert.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    herbert.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    herbert.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=2000, limit_alphabet=200, special_tokens=special, end_of_word_suffix="</w>", show_progress=False))
    path = folder("herbert")
    herbert.model.save(path)
    write(f"{path}/tokenizer_config.json", {"tokenizer_class": "HerbertTokenizerFast"})

    # CamemBERT: the SentencePiece model of xlm-roberta, numbered in another way.
    path = folder("camembert")
    write(f"{path}/tokenizer_config.json", {"tokenizer_class": "CamembertTokenizer"})

    for name, file, options in [
        (
            "deberta-v2",
            "spm.model",
            {
                "vocab_size": 1500,
                "pad_id": 0,
                "bos_id": 1,
                "eos_id": 2,
                "unk_id": 3,
                "pad_piece": "[PAD]",
                "bos_piece": "[CLS]",
                "eos_piece": "[SEP]",
                "unk_piece": "[UNK]",
            },
        ),
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
                character_coverage=1.0,
                normalization_rule_name="nmt_nfkc",
                num_threads=1,
                minloglevel=2,
                **{"vocab_size": 4000, **options},
            )
            with open(f"{temp}/model.model", "rb") as f:
                write_gzip(f"{path}/{file}.gz", f.read())
        if name == "deberta-v2":
            write(f"{path}/tokenizer_config.json", {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": False})
            continue
        token = "[MASK]" if name == "albert" else "<mask>"
        write(f"{path}/special_tokens_map.json", {"mask_token": {**mask, "content": token}})
        kind = "AlbertTokenizer" if name == "albert" else "XLMRobertaTokenizer"
        write(f"{path}/tokenizer_config.json", {"tokenizer_class": kind, "model_max_length": 512})

    for name in NAMES:
        if name == "camembert":
            continue
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
        if path.endswith("camembert"):
            with gzip.open(f"{path}/../xlm-roberta/sentencepiece.bpe.model.gz") as f, open(f"{temp}/sentencepiece.bpe.model", "wb") as g:
                g.write(f.read())
        with open(f"{temp}/tokenizer_config.json", encoding="utf-8") as f:
            name = json.load(f)["tokenizer_class"].removesuffix("Fast")
        tokenizer = getattr(transformers, name).from_pretrained(temp).backend_tokenizer
        if name == "DebertaV2Tokenizer":
            # Transformers 5.24 loses the normalisation rules of spm.model; transformers 4 and SentencePiece apply them.
            with open(f"{temp}/spm.model", "rb") as f:
                tokenizer.normalizer = deberta_normaliser(f.read())
        return tokenizer


def deberta_normaliser(model: bytes):
    from sentencepiece import sentencepiece_model_pb2 as spm
    from tokenizers import Regex, normalizers

    proto = spm.ModelProto()
    proto.ParseFromString(model)
    rules = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
    return normalizers.Sequence([normalizers.Strip(), rules, normalizers.Replace(Regex(" {2,}"), " ")])


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
        elif key == "added_tokens":
            value[key] = value[key] + [{"id": 3000 + i, "content": " " * (2 + i), "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False} for i in range(3)]
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
    for name in ["all-MiniLM-L6-v2", *NAMES]:
        mask = "[MASK]" if name in ["all-MiniLM-L6-v2", *BRACKETS] else "<mask>"
        path = os.path.join(out, name)
        mini = name == "all-MiniLM-L6-v2"
        if mini:
            tokenizer = Tokenizer.from_file(f"{shared}/models/{name}/tokenizer.json")
        else:
            tokenizer = load_older_files(path) if name == "camembert" else load_json(path)
        of_odd = golden_lines(tokenizer, mask, odd_prompts(odd))
        of_shared = golden_lines(tokenizer, mask, shared_prompts(words, odd)) if name not in ODD_WORDS_ONLY else []
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
        mask = "[MASK]" if base in BRACKETS else "<mask>"
        lines = golden_lines(patched(os.path.join(out, base), patch), mask, odd_prompts(odd))
        result["variants"].append({"base": base, "name": name, "patch": patch, "odd": hashes(lines)})
    with open(f"{out}/golden.json", "w", encoding="utf-8") as f:
        json.dump(result, f, ensure_ascii=False, indent=1)
        f.write("\n")


PATTERNS = [
    GPT_4,
    r"\w+|[^\w\s]+", r"[\w]+", r"\W+", r"\d+", r"\s+", r"\h+", r"\H+", r"\bc\w*", r"\B.", r"\R", r"\N+", r"\O",
    r"[[:alpha:]]+", r"[[:^alpha:]]+", r"[[:alnum:]]+", r"[[:punct:]]", r"\p{Punct}", r"[[:upper:]][[:lower:]]*", r"[[:space:][:digit:]]+", r"[[:word:]]+",
    r"\p{Han}", r"\p{Cyrillic}+", r"\p{Greek}+|\p{Latin}+", r"\p{^L}+", r"\P{L}+", r"[\p{L}&&[^a-z]]+", r"[a-z&&[aeiou]]", r"[^\W\d_]+",
    r"(?i:caf\u00e9|'s|'LL)", r"(?i)ab|B", r"a(?i:b)c?", r"(?m:a.b)", r"a.b", r"(?x: a  b )",
    r"\Aa+", r"a+\z", r"a+\Z", r"^\w+", r"\w+$", r"\w+(?=!)", r"\w+(?!!)", r"(?<=\s)\w+", r"(?<!\w)\d", r"(?<=ab|c)\w",
    r"a++", r"a*+a|b", r"(?>a+|ab)b?", r"a{2}", r"a{2,}", r"a{,2}", r"a{1,2}?", r"a+?", r"a??b", r"x*", r"(a|ab)(c|bcd)*", r"(?:a|b*)+c", r"(?:ab?)*", r"(?:a*)*b",
    r"\/|\-|\:|\!|\#|\'", r"\.|\\", r"[\-\/.]", r"\x61|\x{1f600}|\u00e9", r"\t|\n|\r\n?", r"[\x{4e00}-\x{9fff}]", r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}+",
    r"(?<name>a)b", r"(\w)(?#comment)a", r"\p{Emoji}", r"\p{Lu}(?i:\p{Lu})", r"(?i:[^k])", r"(?i:k)",
]
TEXTS = [
    "", "aaab aab!! Ab aB c caf\u00e9 CAF\u00c9's we'll d\u00e9j\u00e0_vu", "abcd acbcd ababab bbac", "a\nb\r\nc\u2028d\u0085 e\n", "\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440 \u0661\u0662\u0663 \u0967 x\u00b2 \u00bd",
    "\u6771\u4eacTokyo\u65e5\u672c \u03b1\u03b2\u03b3", "1,234.5 $5 + \u20ac6 = a/b-c:d! #x 'll \u2019s \\", "\U0001f600ok\U0001d7d9 \u00a0\u3000 e\u0301a", "K\u212a k S\u017f s \u0130i\u0131I",
]


def regex(out: str) -> None:
    """What Oniguruma, as tokenizers uses it, matches: UTF-16 ranges, for the tests of our own matcher."""
    from tokenizers import Regex, pre_tokenizers

    def units(text: str, at: int) -> int:
        return len(text[:at].encode("utf-16-le")) // 2

    result = []
    for pattern in PATTERNS:
        split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
        rows = [[[units(t, a), units(t, b)] for _, (a, b) in split.pre_tokenize_str(t)] for t in TEXTS]
        result.append({"pattern": pattern, "matches": rows})
    with open(f"{out}/regex.json", "w", encoding="utf-8") as f:
        json.dump({"texts": TEXTS, "patterns": result}, f, ensure_ascii=True, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    {"train": train, "golden": golden, "regex": regex}[sys.argv[1]](*sys.argv[2:])
