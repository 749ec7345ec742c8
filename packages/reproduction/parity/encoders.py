"""Golden values of the encoders: tiny random checkpoints of each family, made and run by transformers.

    python packages/reproduction/parity/encoders.py [--output packages/relbert/test/fixtures/encoder] [--only bert ...]

Writes, for each family, a folder in the HuggingFace layout (config.json, model.safetensors, tokenizer files)
and beside it the golden values:

  golden.json          cases, prompts with the positions of their words, dropout sites, versions
  golden.safetensors   <case>.input_ids, .attention_mask[, .token_type_ids], .hidden; pooled.<pooling>;
                       dropout.<i> (masks of 0 and 1, in the order of the reference's calls) and dropout.hidden
  gradient.safetensors the gradient of the loss below for every weight of the base model, by its name there

The loss is  1/2 |average_no_mask - target_1|^2 + 1/2 |average+difference - target_2|^2  summed over the batch of
case `padded`, the targets being `target.average_no_mask` and `target.average+difference` in golden.safetensors.

The weights are float32; everything is computed in float64 and stored as float32, so the golden values carry no
rounding of their own. The poolings are written here a second time on purpose, straight from their definitions.
"""

import argparse
import json
import pathlib
import platform

import numpy
import tokenizers
import torch
import transformers
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoModel, AutoModelForMaskedLM

PAIRS = [("Tokyo", "Japan"), ("word", "language"), ("unhappy", "sad")]
TEMPLATE = "the relation between <subj> and <obj> : <subj> is the <mask> of <obj>"
TEMPLATES = ["<subj> and <obj>", TEMPLATE, "<subj> is the <mask> of <obj>"]
WORDS = """Tokyo Japan Paris France word language paint portrait note music week year unhappy happy sad dog animal
cat wheel car hot cold""".split()
TEXTS = [
    template.replace("<subj>", head).replace("<obj>", tail).replace("<mask>", "")
    for template in [
        *TEMPLATES,
        "I wasn’t aware of this relationship, but I just read in the encyclopedia that <subj> is the <mask> of <obj>",
    ]
    for head, tail in zip(WORDS, WORDS[1:])
]

HIDDEN, HEADS, LAYERS, INTERMEDIATE, POSITIONS = 24, 3, 2, 40, 64


# Vocabularies are written down, not trained: the trainers do not give the same one twice.
WHOLE = sorted({word for text in TEXTS for word in text.split() if word.isalpha() and len(word) < 9})
CHARACTERS = sorted({character for text in TEXTS for character in text + text.lower() if not character.isspace()})


def word_piece(special, lowercase=True):
    words = sorted({word.lower() for word in WHOLE}) if lowercase else WHOLE
    pieces = [special[name] for name in special["order"]] + CHARACTERS + ["##" + c for c in CHARACTERS] + words
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=special["unk"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def byte_level(special):
    merges, words = [], [("Ġ", *word) for word in WHOLE if word.isascii()]
    pieces = [special[name] for name in special["order"] if name != "mask"]
    pieces += sorted(pre_tokenizers.ByteLevel.alphabet())
    for word in words[:12]:
        left = word[0]
        for right in word[1:]:
            if (left, right) not in merges:
                merges.append((left, right))
                pieces.append(left + right)
            left += right
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(dict.fromkeys(pieces))}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigram(special):
    pieces = [(special[name], 0.0) for name in special["order"]]
    pieces += [(piece, -10.0 - i / 100) for i, piece in enumerate(["▁", *CHARACTERS])]
    # Not every word is a piece: some are made of several.
    pieces += [(f"▁{word}", -6.0 - i / 100) for i, word in enumerate(WHOLE) if i % 3]
    unknown = special["order"].index("unk")
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


BRACKETS = {"pad": "[PAD]", "unk": "[UNK]", "begin": "[CLS]", "end": "[SEP]", "mask": "[MASK]"}
ANGLES = {"begin": "<s>", "pad": "<pad>", "end": "</s>", "unk": "<unk>", "mask": "<mask>"}

COMMON = {
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": HIDDEN,
    "initializer_range": 0.02,
    "intermediate_size": INTERMEDIATE,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": POSITIONS,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "pad_token_id": 0,
    "type_vocab_size": 2,
}
ROBERTA = {
    **COMMON,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": POSITIONS + 2,
    "pad_token_id": 1,
    "type_vocab_size": 1,
}
MODERNBERT = {
    "architectures": ["ModernBertForMaskedLM"],
    "attention_dropout": 0.1,
    "bos_token_id": 2,
    "cls_token_id": 2,
    "embedding_dropout": 0.1,
    "eos_token_id": 3,
    "global_attn_every_n_layers": 3,
    "hidden_activation": "gelu",
    "hidden_size": HIDDEN,
    "intermediate_size": INTERMEDIATE,
    "local_attention": 6,
    "max_position_embeddings": POSITIONS,
    "mlp_dropout": 0.1,
    "model_type": "modernbert",
    "norm_eps": 1e-05,
    "num_attention_heads": HEADS,
    "num_hidden_layers": 3,
    "pad_token_id": 0,
    "sep_token_id": 3,
}
ALBERT = {**COMMON, "bos_token_id": 2, "eos_token_id": 3, "embedding_size": 16, "num_hidden_layers": 3}

# `head`: saved as a masked language model, so that names carry the family's prefix and a head stands beside them.
FAMILIES = {
    "bert": dict(
        head=False,
        tokenizer=lambda: word_piece({**BRACKETS, "order": ["pad", "unk", "begin", "end", "mask"]}),
        special=BRACKETS,
        tokenizer_class="BertTokenizer",
        config={**COMMON, "architectures": ["BertModel"], "model_type": "bert", "position_embedding_type": "absolute"},
    ),
    "roberta": dict(
        head=True,
        tokenizer=lambda: byte_level({**ANGLES, "order": ["begin", "pad", "end", "unk", "mask"]}),
        special=ANGLES,
        tokenizer_class="RobertaTokenizer",
        config={**ROBERTA, "architectures": ["RobertaForMaskedLM"], "model_type": "roberta"},
    ),
    "xlm-roberta": dict(
        head=True,
        tokenizer=lambda: unigram({**ANGLES, "order": ["begin", "pad", "end", "unk", "mask"]}),
        special=ANGLES,
        tokenizer_class="XLMRobertaTokenizer",
        config={**ROBERTA, "architectures": ["XLMRobertaForMaskedLM"], "model_type": "xlm-roberta"},
    ),
    "albert-v1": dict(
        head=True,
        tokenizer=lambda: unigram(
            {**BRACKETS, "pad": "<pad>", "unk": "<unk>", "order": ["pad", "unk", "begin", "end", "mask"]}
        ),
        special={**BRACKETS, "pad": "<pad>", "unk": "<unk>"},
        tokenizer_class="AlbertTokenizer",
        config={
            **ALBERT,
            "architectures": ["AlbertForMaskedLM"],
            "model_type": "albert",
            "inner_group_num": 1,
            "num_hidden_groups": 1,
        },
    ),
    "albert-v2": dict(
        head=False,
        tokenizer=lambda: unigram(
            {**BRACKETS, "pad": "<pad>", "unk": "<unk>", "order": ["pad", "unk", "begin", "end", "mask"]}
        ),
        special={**BRACKETS, "pad": "<pad>", "unk": "<unk>"},
        tokenizer_class="AlbertTokenizer",
        config={
            **ALBERT,
            "architectures": ["AlbertModel"],
            "attention_probs_dropout_prob": 0.1,
            "hidden_act": "gelu_new",
            "model_type": "albert",
            "inner_group_num": 2,
            "num_hidden_groups": 2,
        },
    ),
    "distilbert": dict(
        head=True,
        tokenizer=lambda: word_piece({**BRACKETS, "order": ["pad", "unk", "begin", "end", "mask"]}, lowercase=False),
        special=BRACKETS,
        tokenizer_class="DistilBertTokenizer",
        config={
            "activation": "gelu",
            "architectures": ["DistilBertForMaskedLM"],
            "attention_dropout": 0.1,
            "dim": HIDDEN,
            "dropout": 0.1,
            "hidden_dim": INTERMEDIATE,
            "initializer_range": 0.02,
            "max_position_embeddings": POSITIONS,
            "model_type": "distilbert",
            "n_heads": HEADS,
            "n_layers": LAYERS,
            "pad_token_id": 0,
            "sinusoidal_pos_embds": False,
            "tie_weights_": True,
        },
    ),
    "mpnet": dict(
        head=False,
        tokenizer=lambda: word_piece(
            {**ANGLES, "unk": "[UNK]", "order": ["begin", "pad", "end", "unk", "mask"]}
        ),
        special={**ANGLES, "unk": "[UNK]"},
        tokenizer_class="MPNetTokenizer",
        config={
            **ROBERTA,
            "architectures": ["MPNetForMaskedLM"],
            "model_type": "mpnet",
            "relative_attention_num_buckets": 32,
        },
    ),
    "electra": dict(
        head=True,
        tokenizer=lambda: word_piece({**BRACKETS, "order": ["pad", "unk", "begin", "end", "mask"]}),
        special=BRACKETS,
        tokenizer_class="ElectraTokenizer",
        # quick_gelu stands in no published ELECTRA: it is here for the activation.
        config={
            **COMMON,
            "architectures": ["ElectraForMaskedLM"],
            "embedding_size": 16,
            "hidden_act": "quick_gelu",
            "model_type": "electra",
        },
    ),
    "modernbert": dict(
        head=True,
        tokenizer=lambda: byte_level({**BRACKETS, "order": ["pad", "unk", "begin", "end", "mask"]}),
        special=BRACKETS,
        tokenizer_class="PreTrainedTokenizerFast",
        # As transformers 5 writes it.
        config={
            **MODERNBERT,
            "layer_types": ["full_attention", "sliding_attention", "full_attention"],
            "rope_parameters": {
                "full_attention": {"rope_theta": 1600.0, "rope_type": "default"},
                "sliding_attention": {"rope_theta": 100.0, "rope_type": "default"},
            },
        },
    ),
    "modernbert-2024": dict(
        head=False,
        tokenizer=lambda: byte_level({**BRACKETS, "order": ["pad", "unk", "begin", "end", "mask"]}),
        special=BRACKETS,
        tokenizer_class="PreTrainedTokenizerFast",
        # As the first files have it, with the biases that those leave out.
        config={
            **MODERNBERT,
            "architectures": ["ModernBertModel"],
            "attention_bias": True,
            "global_attn_every_n_layers": 2,
            "global_rope_theta": 1600.0,
            "local_rope_theta": 100.0,
            "mlp_bias": True,
            "norm_bias": True,
        },
    ),
    "deberta-v2": dict(
        head=False,
        tokenizer=lambda: unigram({**BRACKETS, "order": ["pad", "begin", "end", "unk", "mask"]}),
        special=BRACKETS,
        tokenizer_class="DebertaV2Tokenizer",
        # As DeBERTa v2 XL: a convolution, keys shared with the content, and more besides.
        config={
            **COMMON,
            "architectures": ["DebertaV2Model"],
            "conv_act": "gelu",
            "conv_kernel_size": 3,
            "layer_norm_eps": 1e-07,
            "max_relative_positions": -1,
            "model_type": "deberta-v2",
            "norm_rel_ebd": "layer_norm",
            "pos_att_type": "p2c|c2p",
            "position_biased_input": False,
            "position_buckets": 8,
            "relative_attention": True,
            "share_att_key": True,
            "type_vocab_size": 0,
        },
    ),
    "deberta-v2-plain": dict(
        head=True,
        tokenizer=lambda: unigram({**BRACKETS, "order": ["pad", "begin", "end", "unk", "mask"]}),
        special=BRACKETS,
        tokenizer_class="DebertaV2Tokenizer",
        # Everything the other way: a bucket for each distance, projections for positions, embeddings of all kinds.
        config={
            **COMMON,
            "architectures": ["DebertaV2ForMaskedLM"],
            "embedding_size": 16,
            "hidden_act": "tanh",
            "layer_norm_eps": 1e-07,
            "max_relative_positions": 12,
            "model_type": "deberta-v2",
            "pos_att_type": ["c2p", "p2c"],
            "relative_attention": True,
        },
    ),
}


def finish_tokenizer(tokenizer, special):
    """Mask and special tokens are added tokens; texts are framed by the begin and end tokens."""
    added = [special[name] for name in ("begin", "pad", "end", "unk")]
    tokenizer.add_special_tokens([tokenizers.AddedToken(text, special=True, normalized=False) for text in added])
    # A blank before the mask belongs to it in RoBERTa's and ALBERT's tokenisers.
    tokenizer.add_special_tokens([tokenizers.AddedToken(special["mask"], special=True, normalized=False, lstrip=True)])
    begin, end = special["begin"], special["end"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} $B:1 {end}:1",
        special_tokens=[(begin, tokenizer.token_to_id(begin)), (end, tokenizer.token_to_id(end))],
    )
    return tokenizer


def encode_prompt(tokenizer, special, template, head, tail):
    """Token ids and the positions of the tokens of head, tail and mask, by character offsets."""
    text, spans = "", {"head": [], "tail": [], "mask": []}
    fills = {"<subj>": ("head", head), "<obj>": ("tail", tail), "<mask>": ("mask", special["mask"])}
    rest = template
    while rest:
        found = next((mark for mark in fills if rest.startswith(mark)), None)
        if found:
            name, fill = fills[found]
            spans[name].append((len(text), len(text) + len(fill)))
            text, rest = text + fill, rest[len(found):]
        else:
            text, rest = text + rest[0], rest[1:]
    encoding = tokenizer.encode(text)
    ids, mask_id = encoding.ids, tokenizer.token_to_id(special["mask"])

    def positions(ranges):
        return [
            i
            for i, (start, end) in enumerate(encoding.offsets)
            if end > start and any(start < stop and end > begin for begin, stop in ranges)
        ]

    prompt = {"ids": ids, "head": positions(spans["head"]), "tail": positions(spans["tail"])}
    prompt["mask"] = [i for i, token in enumerate(ids) if token == mask_id]
    return prompt


def pad(prompts, pad_id):
    length = max(len(prompt["ids"]) for prompt in prompts)
    ids = torch.full((len(prompts), length), pad_id)
    mask = torch.zeros(len(prompts), length, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt["ids"])] = torch.tensor(prompt["ids"])
        mask[row, : len(prompt["ids"])] = 1
    return {"input_ids": ids, "attention_mask": mask}


def pool(hidden, prompts):
    """Each pooling from its definition, row by row; hidden [B, T, H]."""
    pooled = {}

    def rows(function):
        return torch.stack([function(hidden[i, : len(p["ids"])], p) for i, p in enumerate(prompts)])

    def kept(h, p):
        return h[[i for i in range(len(p["ids"])) if i not in p["mask"]]]

    def unit(x):
        return x / x.norm(dim=-1, keepdim=True)

    pooled["average_no_mask"] = rows(lambda h, p: kept(h, p).mean(0))
    pooled["average"] = rows(lambda h, p: h.mean(0))
    pooled["sum_no_mask"] = rows(lambda h, p: kept(h, p).sum(0))
    if all(p["mask"] for p in prompts):
        pooled["mask"] = rows(lambda h, p: h[p["mask"]].mean(0))
    pooled["cls"] = hidden[:, 0]
    pooled["difference"] = rows(lambda h, p: h[p["tail"]].mean(0) - h[p["head"]].mean(0))
    pooled["average+difference"] = torch.cat([unit(pooled["average_no_mask"]), unit(pooled["difference"])], -1)
    return pooled


def randomise(model, generator):
    """Weights large enough that a wrong layer, mask or position shows in the fifth digit."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if name.endswith(("LayerNorm.weight", "norm.weight")):
            parameter.data = 1 + 0.2 * noise
        elif name.endswith("bias"):
            parameter.data = 0.2 * noise
        elif "embeddings" in name or "relative_attention_bias" in name:
            parameter.data = 0.7 * noise
        else:
            # Strong attention makes the tokens alike, layer by layer, until the gradients of queries and keys are
            # differences of equal numbers, rounding in PyTorch's single precision too.
            size = 0.7 if "att" in name else 1.2
            parameter.data = noise * size / parameter[0].numel() ** 0.5


def hidden_states(model, case):
    return model(**case).last_hidden_state


def softmax_in_double():
    """ModernBERT's softmax casts to float32, where the mask of a double is -inf: a padding token whose window holds
    padding alone becomes NaN, and everything after it."""
    original = torch.nn.functional.softmax
    torch.nn.functional.softmax = lambda x, dim=None, dtype=None, **rest: original(x, dim=dim, **rest)


def with_dropout(model, case, generator):
    """Hidden states in training mode; the masks drawn are kept in the order of the reference's calls."""
    masks, original = [], torch.nn.functional.dropout

    def dropout(x, p=0.5, training=True, inplace=False):
        if not training or p == 0:
            return x
        keep = (torch.rand(x.shape, generator=generator) >= p).to(x.dtype)
        masks.append((p, keep))
        return x * keep / (1 - p)

    torch.nn.functional.dropout = dropout
    try:
        model.train()
        with torch.no_grad():
            return hidden_states(model, case), masks
    finally:
        torch.nn.functional.dropout = original
        model.eval()


def make(name, family, folder):
    generator = torch.Generator().manual_seed(sum(name.encode()))
    special = family["special"]
    tokenizer = finish_tokenizer(family["tokenizer"](), special)
    config = {**family["config"], "vocab_size": tokenizer.get_vocab_size()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    tokens = {"pad": "pad_token", "unk": "unk_token", "begin": "cls_token", "end": "sep_token", "mask": "mask_token"}
    tokenizer_config = {tokens[key]: text for key, text in special.items()}
    tokenizer_config |= {"model_max_length": POSITIONS, "tokenizer_class": family["tokenizer_class"]}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config, indent=2, sort_keys=True) + "\n")

    loaded = transformers.AutoConfig.from_pretrained(folder)
    loaded._attn_implementation = "eager"
    made = (AutoModelForMaskedLM if family["head"] else AutoModel).from_config(loaded, attn_implementation="eager")
    randomise(made, generator)
    made.tie_weights()
    state = {}
    # A tensor that is tied to the head is stored once, under the name of the base model, as transformers does.
    for key, value in sorted(made.state_dict().items(), key=lambda item: "embeddings" not in item[0]):
        if not any(value.data_ptr() == other.data_ptr() for other in state.values()):
            state[key] = value
    save_file({key: value.numpy().copy() for key, value in state.items()}, folder / "model.safetensors", {"format": "pt"})
    # Read back through the reference's own loader: what is committed is what the golden values are of.
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").double().eval()

    pad_id = tokenizer.token_to_id(special["pad"])
    prompts = [encode_prompt(tokenizer, special, t, *pair) for t, pair in zip(TEMPLATES, PAIRS)]
    masked = [encode_prompt(tokenizer, special, t, *pair) for t, pair in zip(TEMPLATES[1:], PAIRS[1:])]
    vocabulary = tokenizer.get_vocab_size()
    plain = [i for i in range(vocabulary) if i != pad_id]

    def random_ids(length):
        chosen = torch.randint(len(plain), (length,), generator=generator)
        return {"ids": [plain[i] for i in chosen]}

    cases = {
        "padded": pad(prompts, pad_id),
        "masked": pad(masked, pad_id),
        "single": pad([random_ids(1)], pad_id),
        "longest": pad([random_ids(POSITIONS), random_ids(POSITIONS - 1)], pad_id),
    }
    # The padding token in the middle of the text, attended to: positions that are counted from ids skip it.
    inner = random_ids(9)
    inner["ids"][3] = inner["ids"][4] = pad_id
    cases["inner_pad"] = pad([inner, random_ids(5)], pad_id)
    if config.get("type_vocab_size", 1) > 1:
        typed = pad([random_ids(7), random_ids(11)], pad_id)
        types = torch.zeros_like(typed["input_ids"])
        types[0, 4:] = 1
        types[1, 2:9] = 1
        cases["token_types"] = {**typed, "token_type_ids": types}

    golden = {}
    with torch.no_grad():
        for case, inputs in cases.items():
            for key, value in inputs.items():
                golden[f"{case}.{key}"] = value.numpy()
            hidden = hidden_states(model, inputs)
            golden[f"{case}.hidden"] = hidden.float().numpy()
            if case in ("padded", "masked"):
                chosen = prompts if case == "padded" else masked
                for pooling, vectors in pool(hidden, chosen).items():
                    if case == "padded" or pooling == "mask":
                        golden[f"{case}.pooled.{pooling}"] = vectors.float().numpy()

    hidden, masks = with_dropout(model, cases["padded"], generator)
    golden["dropout.hidden"] = hidden.float().numpy()
    for i, (_, keep) in enumerate(masks):
        golden[f"dropout.{i}"] = keep.to(torch.uint8).numpy()

    poolings = ["average_no_mask", "average+difference"]
    pooled = pool(hidden_states(model, cases["padded"]), prompts)
    loss = 0
    for pooling in poolings:
        target = torch.randn(pooled[pooling].shape, generator=generator)
        golden[f"target.{pooling}"] = target.numpy()
        loss = loss + 0.5 * (pooled[pooling] - target.double()).square().sum()
    golden["loss"] = loss.detach().float().reshape(1).numpy()
    loss.backward()
    gradients = {
        key: parameter.grad.float().numpy() for key, parameter in model.named_parameters() if parameter.grad is not None
    }
    if name == "mpnet":
        # Buckets of the relative positions -600 ... 600 (memory position minus query position).
        golden["buckets"] = model.encoder.relative_position_bucket(torch.arange(-600, 601)).to(torch.int32).numpy()
    if name == "deberta-v2":
        # Buckets of the relative positions -511 ... 511 as in DeBERTa v3 (256 buckets, 512 positions).
        reference = transformers.models.deberta_v2.modeling_deberta_v2
        buckets = reference.make_log_bucket_position(torch.arange(-511, 512), 256, 512)
        golden["buckets"] = buckets.to(torch.int32).numpy()
    save_file(golden, folder / "golden.safetensors")
    save_file(gradients, folder / "gradient.safetensors")
    about = {
        "cases": list(cases),
        "prompts": {"padded": prompts, "masked": masked},
        "special": {key: tokenizer.token_to_id(text) for key, text in special.items()},
        "dropout": [p for p, _ in masks],
        "ignored": [key for key, p in model.named_parameters() if p.grad is None],
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
        },
    }
    (folder / "golden.json").write_text(json.dumps(about) + "\n")
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert all(numpy.isfinite(values).all() for values in [*golden.values(), *gradients.values()]), name
    print(name, sizes, "max |hidden|", float(hidden.abs().max()))
    assert max(sizes.values()) <= 200_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("packages/relbert/test/fixtures/encoder"))
    parser.add_argument("--only", nargs="*", choices=FAMILIES)
    options = parser.parse_args()
    torch.set_num_threads(1)
    softmax_in_double()
    for name, family in FAMILIES.items():
        if not options.only or name in options.only:
            make(name, family, options.output / name)


if __name__ == "__main__":
    main()
