/** Which tokenizer class of transformers the files of a checkpoint belong to, found as transformers finds it. */
import { excerpt } from '../text/excerpt.ts';
import type { JsonPart } from './json.ts';

/** What a class adds to its files. `json`: nothing, tokenizer.json says everything. */
export type TokenizerFamily =
  | 'json'
  | 'BERT'
  | 'MPNet'
  | 'RoBERTa'
  | 'HerBERT'
  | 'ALBERT'
  | 'CamemBERT'
  | 'DeBERTa-v2'
  | 'XLM-RoBERTa';

export interface TokenizerClass {
  /** The class as the files name it, or as the model type implies it. */
  readonly name: string;
  readonly family: TokenizerFamily;
}

/** Classes by name, without the ending "Fast". */
const families: Readonly<Record<string, TokenizerFamily>> = {
  BertTokenizer: 'BERT',
  DistilBertTokenizer: 'BERT',
  ElectraTokenizer: 'BERT',
  MPNetTokenizer: 'MPNet',
  RobertaTokenizer: 'RoBERTa',
  HerbertTokenizer: 'HerBERT',
  AlbertTokenizer: 'ALBERT',
  CamembertTokenizer: 'CamemBERT',
  DebertaV2Tokenizer: 'DeBERTa-v2',
  XLMRobertaTokenizer: 'XLM-RoBERTa',
  PreTrainedTokenizer: 'json',
  TokenizersBackend: 'json',
};

/** The class of a model whose files name none. */
const classes: Readonly<Record<string, string>> = {
  albert: 'AlbertTokenizer',
  bert: 'BertTokenizer',
  camembert: 'CamembertTokenizer',
  'deberta-v2': 'DebertaV2Tokenizer',
  distilbert: 'DistilBertTokenizer',
  electra: 'ElectraTokenizer',
  herbert: 'HerbertTokenizer',
  modernbert: 'TokenizersBackend',
  mpnet: 'MPNetTokenizer',
  roberta: 'RobertaTokenizer',
  'xlm-roberta': 'XLMRobertaTokenizer',
};

/**
 * The class that `tokenizer_class` of tokenizer_config.json names, else that of config.json, else the one of the
 * `model_type` in config.json; undefined where no file says.
 * @throws TokenizerError for a class that is not supported
 */
export function tokenizerClassOf(
  tokenizerConfig: JsonPart | undefined,
  modelConfig: JsonPart | undefined,
): TokenizerClass | undefined {
  for (const config of [tokenizerConfig, modelConfig]) {
    const name = config?.value['tokenizer_class'] ?? undefined;
    if (!config || name === undefined || name === '') continue;
    if (typeof name !== 'string') throw config.error(`"tokenizer_class" should be a string, got ${excerpt(name)}`);
    const base = name.replace(/Fast$/, '');
    const family = Object.hasOwn(families, base) ? families[base] : undefined;
    if (family) return { name, family };
    throw config.error(
      `the tokenizer class ${name} is not supported; supported are ${Object.keys(families).join(', ')}`,
    );
  }
  const type = modelConfig?.value['model_type'];
  const name = typeof type === 'string' && Object.hasOwn(classes, type) ? classes[type] : undefined;
  return name === undefined ? undefined : { name, family: families[name] as TokenizerFamily };
}
