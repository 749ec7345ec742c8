/** The model's files. Bundlers, and tools that trace files, carry along what `new URL` names. */
export default {
  'config.json': { url: new URL('./config.json', import.meta.url).href, size: 773, sha256: '269797c36ab93b2a06146482bec681b6565de1753ef2cc6e4ebff92e8ba65321' },
  'model.int8.safetensors': { url: new URL('./model.int8.safetensors', import.meta.url).href, size: 23211632, sha256: '80bc28482f8ede0874ed7e862d2aba725b6cf8c18612807f06ca3eaeb0e6a37e' },
  'special_tokens_map.json': { url: new URL('./special_tokens_map.json', import.meta.url).href, size: 112, sha256: '303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3' },
  'tokenizer.json': { url: new URL('./tokenizer.json', import.meta.url).href, size: 466247, sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037' },
  'tokenizer_config.json': { url: new URL('./tokenizer_config.json', import.meta.url).href, size: 350, sha256: 'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b' },
};
