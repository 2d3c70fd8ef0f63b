// An ONNX file is one protobuf message. What a graph of plain operators needs of that is written here; field numbers are
// those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

/** @typedef {readonly Uint8Array[]} Message In pieces, so that a tensor's numbers go to the file uncopied. */
/** @typedef {Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>} Numbers */
/** @typedef {number | readonly number[] | { float: number }} Attribute An integer, integers, or a fraction. */

const wire = { varint: 0, bytes: 2, fixed32: 5 }
const attributeType = { float: 1, int: 2, ints: 7 }
const elementType = { float: 1, int8: 3, int64: 7 }

/** Opset 20 is the first with Gelu, and IR 9 the version that came with it. */
const opset = 20
const irVersion = 9

/**
 * Collects a graph, an operator after another. Results are numbered as they come: the same calls make the same bytes.
 */
export function createGraph() {
  /** @type {Message[]} */
  const nodes = []
  /** @type {Map<string, Message>} */
  const constants = new Map()

  /**
   * @param {string} type
   * @param {readonly string[]} inputs
   * @param {{ attributes?: Record<string, Attribute>, outputs: readonly string[] }} rest
   */
  const add = (type, inputs, { attributes = {}, outputs }) => {
    nodes.push([
      ...inputs.flatMap((name) => text(1, name)),
      ...outputs.flatMap((name) => text(2, name)),
      ...text(4, type),
      ...Object.entries(attributes).flatMap(([name, value]) => nested(5, attribute(name, value))),
    ])
  }

  return {
    /**
     * Numbers that are part of the model. A name that is known already is the same numbers.
     *
     * @param {string} name
     * @param {readonly number[]} shape
     * @param {Numbers} numbers
     */
    constant(name, shape, numbers) {
      if (!constants.has(name)) constants.set(name, tensor(name, shape, numbers))
      return name
    },
    /**
     * An operator with one result.
     *
     * @param {string} type
     * @param {readonly string[]} inputs
     * @param {Record<string, Attribute>} [attributes]
     * @returns {string} the result's name
     */
    apply(type, inputs, attributes = {}) {
      const output = `${type}_${nodes.length}`
      add(type, inputs, { attributes, outputs: [output] })
      return output
    },
    /**
     * DynamicQuantizeLinear: 32-bit numbers as bytes, with the scale and the zero that it finds for them.
     *
     * @param {string} input
     * @returns {{ bytes: string, scale: string, zero: string }}
     */
    quantize(input) {
      const [bytes, scale, zero] = /** @type {const} */ (['bytes', 'scale', 'zero']).map(
        (part) => `Quantize_${nodes.length}_${part}`,
      )
      if (!bytes || !scale || !zero) throw new Error('unreachable')
      add('DynamicQuantizeLinear', [input], { outputs: [bytes, scale, zero] })
      return { bytes, scale, zero }
    },
    /**
     * The file, once everything is in.
     *
     * @param {{ inputs: readonly string[], output: string, from: string, shape: readonly (string | number)[] }} ends
     *   token ids of shape [batch, sequence] go in; `from`, of `shape`, comes out as `output`
     * @returns {Message}
     */
    finish({ inputs, output, from, shape }) {
      add('Identity', [from], { outputs: [output] })
      const graph = [
        ...nodes.flatMap((node) => nested(1, node)),
        ...text(2, 'encoder'),
        ...[...constants.values()].flatMap((constant) => nested(5, constant)),
        ...inputs.flatMap((name) => nested(11, described(name, elementType.int64, ['batch', 'sequence']))),
        ...nested(12, described(output, elementType.float, shape)),
      ]
      return [
        ...integer(1, irVersion),
        ...text(2, 'ai-gateway-mcp'),
        ...nested(7, graph),
        ...nested(8, [...text(1, ''), ...integer(2, opset)]),
      ]
    },
  }
}

/**
 * @param {string} name
 * @param {readonly number[]} shape
 * @param {Numbers} numbers
 * @returns {Message}
 */
function tensor(name, shape, numbers) {
  return [
    ...shape.flatMap((size) => integer(1, size)),
    ...integer(2, typeOf(numbers)),
    ...text(8, name),
    ...nested(9, [new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)]),
  ]
}

/**
 * @param {Numbers} numbers
 */
function typeOf(numbers) {
  if (numbers instanceof Float32Array) return elementType.float
  return numbers instanceof Int8Array ? elementType.int8 : elementType.int64
}

/**
 * @param {string} name
 * @param {Attribute} value
 * @returns {Message}
 */
function attribute(name, value) {
  if (typeof value === 'number') return [...text(1, name), ...integer(3, value), ...integer(20, attributeType.int)]
  if ('float' in value) return [...text(1, name), ...fraction(2, value.float), ...integer(20, attributeType.float)]
  return [...text(1, name), ...value.flatMap((item) => integer(8, item)), ...integer(20, attributeType.ints)]
}

/**
 * An input or output of the graph.
 *
 * @param {string} name
 * @param {number} type
 * @param {readonly (string | number)[]} shape a size that a call decides has a name
 * @returns {Message}
 */
function described(name, type, shape) {
  const sizes = shape.flatMap((size) => nested(1, typeof size === 'string' ? text(2, size) : integer(1, size)))
  return [...text(1, name), ...nested(2, nested(1, [...integer(1, type), ...nested(2, sizes)]))]
}

/**
 * @param {number} field
 * @param {number} value
 * @returns {Message}
 */
function integer(field, value) {
  return [tag(field, wire.varint), varint(value)]
}

/**
 * @param {number} field
 * @param {number} value
 * @returns {Message}
 */
function fraction(field, value) {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return [tag(field, wire.fixed32), bytes]
}

/**
 * @param {number} field
 * @param {string} value
 * @returns {Message}
 */
function text(field, value) {
  return nested(field, [Buffer.from(value)])
}

/**
 * @param {number} field
 * @param {Message} message
 * @returns {Message}
 */
function nested(field, message) {
  return [tag(field, wire.bytes), varint(message.reduce((sum, { byteLength }) => sum + byteLength, 0)), ...message]
}

/**
 * @param {number} field
 * @param {number} wireType
 */
function tag(field, wireType) {
  return varint(field * 8 + wireType)
}

/**
 * Seven bits a byte, the lowest first; a negative number takes 64 bits.
 *
 * @param {number} value
 */
function varint(value) {
  const bytes = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Uint8Array.from([...bytes, Number(rest)])
}
