#!/usr/bin/env bash
# transformers 5.24.0: DebertaV2Tokenizer drops the normalisation rules of the model's spm.model.
#
# A folder that holds spm.model and no tokenizer.json opens without a warning, but the rules inside
# spm.model (here nmt_nfkc, SentencePiece's default) are replaced by plain NFC. So "ﬁancé" (with the
# ligature ﬁ) and "①" get ids that differ from those of 4.57.1 and of SentencePiece, some of them
# unknown: the model reads text that it was not trained on.
# A user would expect the ids of 4.57.1 and SentencePiece, which are those of "fiancé" and "1".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
install() { # install VENV VERSION
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --no-compile \
    "transformers==$2" sentencepiece==0.2.1 protobuf==6.33.1 >&2
}
install v4 4.57.1
install v5 5.24.0

cat > train.py <<'PY'
import pathlib

import sentencepiece

words = "the cat sat on a mat and ran far from home with two small dogs fiancé office file 1 2 3".split()
lines = [" ".join(words[(i * step) % len(words)] for i in range(8)) for step in range(1, 400)]
pathlib.Path("model").mkdir()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(lines), model_prefix="model/spm", vocab_size=50, hard_vocab_limit=False,
    normalization_rule_name="nmt_nfkc", pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]",
    bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]", user_defined_symbols=["[MASK]"], minloglevel=2,
)
pathlib.Path("model/config.json").write_text('{ "model_type": "deberta-v2" }')
PY
cat > encode.py <<'PY'
import json
import sys

import sentencepiece
import transformers

words = ["fiancé", "ﬁancé", "1", "①"]
tokenizer = transformers.DebertaV2Tokenizer.from_pretrained("model")
ids = [tokenizer(word, add_special_tokens=False).input_ids for word in words]
right = sentencepiece.SentencePieceProcessor(model_file="model/spm.model").encode(words)
print(f"transformers {transformers.__version__}, sentencepiece {sentencepiece.__version__}", file=sys.stderr)
for word, a, b in zip(words, ids, right):
    print(f"  {word}: DebertaV2Tokenizer {a}, SentencePiece {b}", file=sys.stderr)
print(json.dumps([a == b for a, b in zip(ids, right)]))
PY
export HF_HUB_OFFLINE=1
v4/bin/python train.py
old=$(v4/bin/python encode.py)
new=$(v5/bin/python encode.py)
echo "ids of fiancé, ﬁancé, 1, ① equal to SentencePiece's: 4.57.1 $old, 5.24.0 $new"
if [ "$old" = '[true, true, true, true]' ] && [ "$new" = '[true, false, true, false]' ]; then
  echo 'as described'
else
  echo 'CHANGED'
  exit 1
fi
