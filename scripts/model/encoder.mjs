import { createGraph } from './onnx.mjs'

/** @typedef {import('./safetensors.mjs').Tensor} Tensor */

/** Added to the score of a place that holds no token: e to that power is 0 in 32 bits. */
const absent = -10_000

/** @typedef {{ hidden: number, heads: number, layers: number, epsilon: number }} Encoder */

/**
 * A BERT encoder (Devlin et al. 2018, https://arxiv.org/abs/1810.04805) as an ONNX file of plain operators, from the
 * weights as PyTorch names them.
 *
 * With `int8` the tables of words and every product of matrices are kept in signed bytes, a scale for each word or each
 * output. What comes in is quantized anew at every call, over the whole input: texts that share a call would share a
 * scale and change each other's vectors, so a call takes one text.
 *
 * @param {{
 *   weights: (name: string) => Tensor,
 *   encoder: Encoder,
 *   form: import('./published.mjs').Form,
 *   end?: 'states' | 'pair',
 * }} options with `pair` one logit comes out for a row that holds two texts, in place of a vector for each of its pieces
 * @returns {import('./onnx.mjs').Message}
 */
export function encoderFile({ weights, encoder, form, end = 'states' }) {
  const { hidden, heads, layers, epsilon } = encoder
  const { constant, apply, quantize, finish } = createGraph()

  /** @param {string} name */
  const weight = (name) => {
    const { shape, values } = weights(name)
    return constant(name, shape, values)
  }
  /** @param {readonly number[]} list */
  const integers = (...list) => constant(`integers ${list.join(' ')}`, [list.length], BigInt64Array.from(list, BigInt))
  /** @param {number} number */
  const number = (number) => constant(`number ${number}`, [], Float32Array.of(number))
  /** @param {string} input */
  const toFloat = (input) => apply('Cast', [input], { to: 1 })

  /**
   * @param {string} input
   * @param {string} name
   */
  const linear = (input, name) => {
    const { shape, values } = weights(`${name}.weight`)
    const [outputs = 0, inputs = 0] = shape
    const bias = weight(`${name}.bias`)
    if (form === 'fp32') {
      const turned = constant(`${name}.weight`, [inputs, outputs], transpose(outputs, inputs, values))
      return apply('Add', [apply('MatMul', [input, turned]), bias])
    }
    const { bytes, scales } = quantizeRows(outputs, inputs, values)
    const turned = constant(`${name}.weight`, [inputs, outputs], transpose(outputs, inputs, bytes))
    const zeros = constant(`zeros ${outputs}`, [outputs], new Int8Array(outputs))
    const given = quantize(input)
    const product = toFloat(apply('MatMulInteger', [given.bytes, turned, given.zero, zeros]))
    const scale = apply('Mul', [given.scale, constant(`${name}.scale`, [outputs], scales)])
    return apply('Add', [apply('Mul', [product, scale]), bias])
  }

  /**
   * @param {string} input
   * @param {string} name
   */
  const norm = (input, name) =>
    apply('LayerNormalization', [input, weight(`${name}.weight`), weight(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: epsilon },
    })

  const words = () => {
    const name = 'embeddings.word_embeddings.weight'
    if (form === 'fp32') return apply('Gather', [weight(name), 'input_ids'])
    const { shape, values } = weights(name)
    const [rows = 0, columns = 0] = shape
    const { bytes, scales } = quantizeRows(rows, columns, values)
    const found = toFloat(apply('Gather', [constant(name, shape, bytes), 'input_ids']))
    return apply('Mul', [found, apply('Gather', [constant(`${name}.scale`, [rows, 1], scales), 'input_ids'])])
  }

  const embedded = () => {
    const types = apply('Gather', [weight('embeddings.token_type_embeddings.weight'), 'token_type_ids'])
    const length = apply('Slice', [apply('Shape', ['input_ids']), integers(1), integers(2), integers(0)])
    const table = weight('embeddings.position_embeddings.weight')
    const positions = apply('Slice', [table, integers(0), length, integers(0)])
    return norm(apply('Add', [apply('Add', [words(), types]), positions]), 'embeddings.LayerNorm')
  }

  const present = toFloat(apply('Unsqueeze', ['attention_mask', integers(1, 2)]))
  const mask = apply('Mul', [apply('Sub', [number(1), present]), number(absent)])

  /**
   * @param {string} input
   * @param {string} at
   */
  const attend = (input, at) => {
    /**
     * @param {string} name
     * @param {readonly number[]} perm
     */
    const perHead = (name, perm) => {
      const split = apply('Reshape', [linear(input, `${at}.self.${name}`), integers(0, 0, heads, hidden / heads)])
      return apply('Transpose', [split], { perm })
    }
    const product = apply('MatMul', [perHead('query', [0, 2, 1, 3]), perHead('key', [0, 2, 3, 1])])
    const scores = apply('Div', [product, number(Math.sqrt(hidden / heads))])
    const attention = apply('Softmax', [apply('Add', [scores, mask])], { axis: -1 })
    const mixed = apply('MatMul', [attention, perHead('value', [0, 2, 1, 3])])
    const joined = apply('Reshape', [apply('Transpose', [mixed], { perm: [0, 2, 1, 3] }), integers(0, 0, hidden)])
    return linear(joined, `${at}.output.dense`)
  }

  let state = embedded()
  for (let index = 0; index < layers; index++) {
    const layer = `encoder.layer.${index}`
    const attended = attend(state, `${layer}.attention`)
    state = norm(apply('Add', [attended, state]), `${layer}.attention.output.LayerNorm`)
    const wide = apply('Gelu', [linear(state, `${layer}.intermediate.dense`)])
    state = norm(apply('Add', [linear(wide, `${layer}.output.dense`), state]), `${layer}.output.LayerNorm`)
  }

  /** The head of the pair model: of [CLS] and the mean of all pieces a tanh layer, and of that one number. */
  const logits = () => {
    /**
     * In 32 bits in either form: it is small, and decides.
     *
     * @param {string} input
     * @param {string} name
     */
    const exact = (input, name) => {
      const { shape, values } = weights(`${name}.weight`)
      const [outputs = 0, inputs = 0] = shape
      const turned = constant(`${name}.weight`, [inputs, outputs], transpose(outputs, inputs, values))
      return apply('Add', [apply('MatMul', [input, turned]), weight(`${name}.bias`)])
    }
    const first = apply('Slice', [state, integers(0), integers(1), integers(1)])
    const here = toFloat(apply('Unsqueeze', ['attention_mask', integers(2)]))
    const sum = apply('ReduceSum', [apply('Mul', [state, here]), integers(1)])
    const mean = apply('Div', [sum, apply('ReduceSum', [here, integers(1)])])
    const both = apply('Concat', [first, mean], { axis: 2 })
    return apply('Squeeze', [exact(apply('Tanh', [exact(both, 'pair.dense')]), 'pair.logit'), integers(2)])
  }

  const inputs = ['input_ids', 'attention_mask', 'token_type_ids']
  return end === 'states'
    ? finish({ inputs, output: 'last_hidden_state', from: state, shape: ['batch', 'sequence', hidden] })
    : finish({ inputs, output: 'logits', from: logits(), shape: ['batch', 1] })
}

/**
 * PyTorch keeps a row for each output; ONNX multiplies by a row for each input.
 *
 * @template {Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>} Numbers
 * @param {number} rows
 * @param {number} columns
 * @param {Numbers} values
 * @returns {Numbers}
 */
function transpose(rows, columns, values) {
  const turned = values.slice()
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column] ?? 0
  return /** @type {Numbers} */ (turned)
}

/**
 * Each row's numbers as whole steps from -127 to 127 of that row's own scale.
 *
 * @param {number} rows
 * @param {number} columns
 * @param {Float32Array} values
 */
function quantizeRows(rows, columns, values) {
  const bytes = new Int8Array(values.length)
  const scales = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * columns, (row + 1) * columns]
    let largest = 0
    for (let at = from; at < to; at++) largest = Math.max(largest, Math.abs(values[at] ?? 0))
    scales[row] = largest / 127 || 1
    // The scale as it is kept, not as it was before it was rounded to 32 bits.
    const scale = scales[row] ?? 1
    for (let at = from; at < to; at++) bytes[at] = Math.round((values[at] ?? 0) / scale)
  }
  return { bytes, scales }
}
