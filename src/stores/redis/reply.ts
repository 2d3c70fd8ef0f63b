// What scripts answer, read for what it should be. A reply of another form is as good as none.

export const listOf = (reply: unknown): readonly unknown[] => {
  if (Array.isArray(reply)) return reply
  throw new Error('it answered something else than a list')
}

export const bytesOf = (reply: unknown): Buffer => {
  if (Buffer.isBuffer(reply)) return reply
  throw new Error('it answered something else than bytes')
}

export const textOf = (reply: unknown): string => bytesOf(reply).toString()

export const numberOf = (reply: unknown): number => {
  const number = Buffer.isBuffer(reply) ? Number(reply.toString()) : Number(reply)
  if (Number.isFinite(number)) return number
  throw new Error('it answered something else than a number')
}
