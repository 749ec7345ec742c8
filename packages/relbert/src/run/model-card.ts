import { type Pooling, poolingInPython } from '../encoder/pooling.ts';
import type { PromptSpec } from '../prompt/spec.ts';
import { type dataNames, type Recipe, UNLABELLED_PAIRS } from '../train/recipe-schema.ts';
import { LAST_STEP } from '../train/training-config.ts';

export interface ModelCard {
  /** The output folder's name. */
  readonly name: string;
  /** The language model that it was trained from: a folder or hub id. */
  readonly base: string;
  /** Its hub id, or where it is a folder, the one that its card names. */
  readonly baseModel: string | undefined;
  /** As the base model's card says, if it does. */
  readonly license: string | undefined;
  /** The text is the template, or what a learned prompt's tokens read as. */
  readonly prompt: { readonly kind: PromptSpec['kind']; readonly text: string };
  readonly pooling: Pooling;
  readonly recipe: Recipe;
  readonly recipeName: string;
  readonly relations: number;
  /** Pairs trained on, without those held out. */
  readonly pairs: number;
  /** Pairs that the teacher alone compared. */
  readonly furtherPairs: number;
  readonly excludedPairs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly weightsFrom: number;
  readonly parameters: number;
  /** The validation of the weights. */
  readonly figures: Readonly<Record<string, number>> | undefined;
}

/** README.md of a trained encoder, filled from its run. */
export function modelCard(card: ModelCard): string {
  const { name, base, recipe, figures } = card;
  const minutes = card.seconds < 120 ? `${Math.round(card.seconds)} s` : `${(card.seconds / 60).toFixed(1)} min`;
  const validation = figures
    ? `## Validation\n\nOf the weights of step ${card.weightsFrom}${recipe.training.metric === LAST_STEP ? ', the last; no figure chose them' : '; these figures chose them, so they flatter a little'}${recipe.sharedWordDiscount === 0 ? '' : '; analogies by cosine alone'}. Test splits: \`relbert evaluate analogy --model ${name} --data …\`.\n\n| figure | value |\n|---|---|\n${Object.entries(
        figures,
      )
        .map(([key, value]) => `| ${key} | ${key === 'loss' ? value.toFixed(4) : `${(100 * value).toFixed(1)} %`} |`)
        .join('\n')}\n\n`
    : '';
  const { training } = recipe;
  const losses = training.losses.map((term) => `\`${JSON.stringify(term)}\``).join(', ');
  const data = recipe.data.map(({ source }) => `\`${source}\``).join(', ');
  return `---
${card.license === undefined ? '' : `license: ${card.license}\n`}${card.baseModel === undefined ? '' : `base_model: ${card.baseModel}\n`}language: en
tags:
- relbert
- relation-embeddings
- word-analogy
---

# ${name}

A relation encoder: a word pair goes in, a vector of the relation between its words comes out. Made from \`${base}\` (${(card.parameters / 1e6).toFixed(1)} M parameters) by [relbert](https://www.npmjs.com/package/relbert), after Ushio, Camacho-Collados and Schockaert, *Distilling Relation Embeddings from Pre-trained Language Models*, EMNLP 2021.

- prompt: \`${card.prompt.text}\`
- pooling: \`${card.pooling}\`
${recipe.sharedWordDiscount === 0 ? '' : `- analogies: cosine, less ${recipe.sharedWordDiscount} for a pair that shares a word with the question (half of it where the word has the other place)\n`}
## Use

\`\`\`sh
npx relbert analogy word:language paint:portrait note:music --model ./${name}
\`\`\`

\`\`\`js
import { RelationEncoder } from 'relbert';
const encoder = await RelationEncoder.load('./${name}');
const { data, shape } = await encoder.encode([['Tokyo', 'Japan'], ['Paris', 'France']]);
await encoder.dispose();
\`\`\`

${inPython(card)}

${validation}## Training

- recipe: \`${card.recipeName}\` (in full: \`recipe.json\`)${recipe.description === '' ? '' : `: ${recipe.description}`}
- data: ${data}: ${card.relations} relations, ${card.pairs} pairs${card.furtherPairs > 0 ? `, and ${card.furtherPairs} pairs for the teacher` : ''} (all of them: \`train-pairs.tsv\`)${card.excludedPairs > 0 ? `; ${card.excludedPairs} pairs left out because evaluation files hold them` : ''}
- losses: ${losses}${recipe.teacher ? `\n- teacher: \`${recipe.teacher.model}\`` : ''}
- ${card.steps} steps in ${minutes}; learning rate ${training.learningRate}, warm-up ${training.warmup}, then ${training.decay}; seed ${training.seed}

The log is \`train.jsonl\`, the learning curve \`learning-curve.svg\`.

## Licence

The weights stand under the licence of the base model${card.license === undefined ? ', which its card names' : ` (${card.license})`}. ${dataLicences(recipe)}
`;
}

const semEval = 'SemEval-2012 Task 2 (Jurgens, Mohammad, Turney, Holyoak 2012): CC BY-SA 3.0';
const wordNet = 'WordNet (Princeton University): WordNet licence';
/** By the name of the data; see data/README.md. */
const licences: Readonly<Record<(typeof dataNames)[number] | typeof UNLABELLED_PAIRS, string>> = {
  semeval2012: semEval,
  wordnet: wordNet,
  'package/semeval2012': semEval,
  'package/semeval2012-crossed': semEval,
  'package/wordnet': wordNet,
  'package/countries':
    'countries: contains information from mledoze/countries, made available under the Open Database License (ODbL) 1.0',
  'package/lexical': wordNet,
  [UNLABELLED_PAIRS]: wordNet,
};

/** A line on the licences of exactly the data that a run was trained on; for other files it refers to their makers. */
function dataLicences({ data, teacher }: Recipe): string {
  const sources = [...data.map(({ source }) => source), ...(teacher?.pairs ?? [])];
  const hasLicence = (source: string): source is keyof typeof licences => Object.hasOwn(licences, source);
  const named = sources.filter((source) => hasLicence(source)).map((source) => licences[source]);
  const others = sources.filter((source) => !hasLicence(source)).map((source) => `\`${source}\`: as its makers say`);
  return `Of the training data: ${[...new Set([...named, ...others])].join('; ')}.`;
}

function inPython({ prompt, pooling, name }: ModelCard): string {
  if (prompt.kind === 'template') return `In Python:\n\n\`\`\`python\n${pythonCode(prompt.text, pooling)}\n\`\`\``;
  const learned =
    prompt.kind === 'soft' ? 'vectors, which no text stands for' : 'token ids, which its text may not give';
  return `In Python: transformers does not write the prompt, which was learned and has ${learned}. \`npx relbert export --model ./${name} --output encoder.onnx\` writes the encoder for onnxruntime and prints the ids of the prompt.`;
}

/** A few lines of transformers that do what the package does with a template and a pooling. */
export function pythonCode(template: string, pooling: Pooling): string {
  return `import re
import torch
from transformers import AutoModel, AutoTokenizer

path = "."
tokenizer = AutoTokenizer.from_pretrained(path)
model = AutoModel.from_pretrained(path).eval()
template = ${JSON.stringify(template)}

def embed(head, tail):
    words = {"<subj>": head, "<obj>": tail, "<mask>": tokenizer.mask_token}
    text, spans = "", {"<subj>": [], "<obj>": []}
    for part in re.split("(<subj>|<obj>|<mask>)", template):
        if part in spans:
            spans[part].append((len(text), len(text) + len(words[part])))
        text += words.get(part, part)
    encoded = tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
    offsets = encoded.pop("offset_mapping")[0].tolist()
    ids = encoded["input_ids"][0].tolist()
    with torch.no_grad():
        hidden = model(**encoded).last_hidden_state[0]
    mask_id = tokenizer.mask_token_id
    def rows(placeholder):
        return [i for i, (a, b) in enumerate(offsets) if any(a < end and b > start for start, end in spans[placeholder])]
    return ${poolingInPython(pooling)}

similarity = torch.cosine_similarity(embed("Tokyo", "Japan"), embed("Paris", "France"), dim=0)`;
}
