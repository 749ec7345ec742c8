"""Embeddings of a learned prompt of the 2021 layout as `relbert` 0.0.2 computes them, beside ours.

usage: packages/reproduction/parity/autoprompt.py MODEL PROMPT PAIRS OURS
  MODEL   language model in HuggingFace layout
  PROMPT  folder that `relbert prompt search|tune --layout 2021` made
  PAIRS   file, a pair a line: head TAB tail
  OURS    JSON lines that `relbert embed --pairs PAIRS --format jsonl --prompt PROMPT --model MODEL` printed

What 0.0.2 does with a pair, read in its source and written anew here: the words are tokenised between mask tokens, the
mask tokens' ids exchanged for the prompt's, the ids decoded with special tokens (spaces cleaned up, as transformers did
by default then) and encoded again, padded to 64; a soft prompt is an added token whose embeddings are exchanged in
order. The hidden states of all tokens but padding and mask are added up; ours are the mean, which is the sum divided
by their number. Prints the largest difference; exit code 1 above 1e-4.
"""
import json
import sys

import torch
from transformers import AutoModel, AutoTokenizer

CLEAN = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"]


def clean_up(text: str) -> str:
    for pattern in CLEAN:
        text = text.replace(pattern, pattern.strip())
    return text


def main(model_path: str, prompt_path: str, pairs_path: str, ours_path: str) -> int:
    with open(f"{prompt_path}/config.json", encoding="utf-8") as file:
        relbert = json.load(file)["relbert_config"]
    template, mode = relbert["template"], relbert["mode"]
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    model = AutoModel.from_pretrained(model_path).eval()
    words = model.get_input_embeddings()
    soft = "embedding" in template
    if soft:
        tokenizer.add_special_tokens({"additional_special_tokens": [template["pseudo_token"]]})
        pseudo = tokenizer.convert_tokens_to_ids(template["pseudo_token"])
        vectors = torch.tensor(template["embedding"])
        parts = [[pseudo] * template[f"n_trigger_{part}"] for part in "bie"]
    else:
        parts = [template["top"], template["mid"], template["bottom"]]
    mask = tokenizer.mask_token
    with open(pairs_path, encoding="utf-8") as file:
        pairs = [line.rstrip("\n").split("\t") for line in file if line.strip()]
    with open(ours_path, encoding="utf-8") as file:
        ours = [json.loads(line)["embedding"] for line in file if line.strip()]
    assert len(ours) == len(pairs), (len(ours), len(pairs))
    worst = 0.0
    for (head, tail), found in zip(pairs, ours):
        masks = [[mask] * len(part) for part in parts]
        text = " ".join([*masks[0], head, *masks[1], tail, *masks[2]])
        ids = tokenizer.encode(text)
        learned = iter([i for part in parts for i in part])
        ids = [next(learned) if i == tokenizer.mask_token_id else i for i in ids]
        text = clean_up(tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))
        encoded = tokenizer(text, padding="max_length", max_length=64, return_tensors="pt")
        ids = encoded["input_ids"]
        plain = torch.where(ids >= words.num_embeddings, torch.zeros_like(ids), ids)
        embedded = words(plain)
        if soft:
            embedded = embedded.clone()
            embedded[ids == pseudo] = vectors
        with torch.inference_mode():
            hidden = model(inputs_embeds=embedded, attention_mask=encoded["attention_mask"]).last_hidden_state[0]
        keep = encoded["attention_mask"][0].bool()
        if mode == "average_no_mask":
            keep &= ids[0] != tokenizer.mask_token_id
        if mode == "mask":
            keep &= ids[0] == tokenizer.mask_token_id
        total = hidden[keep].sum(0)
        worst = max(worst, float((total / int(keep.sum()) - torch.tensor(found)).abs().max()))
    print(json.dumps({"pairs": len(pairs), "kind": "soft" if soft else "trigger", "largestDifference": worst}))
    return 0 if worst < 1e-4 else 1


sys.exit(main(*sys.argv[1:]))
