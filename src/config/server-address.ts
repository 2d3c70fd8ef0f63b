import { readFileSync } from 'node:fs'

/** What is wrong with the address of a server, and what to do. It never says what the address holds: it may be a password. */
export class AddressFault extends Error {
  readonly advice: string
  constructor(problem: string, advice: string) {
    super(problem)
    this.advice = advice
  }
}

/** @throws AddressFault for a file that cannot be read */
export const readPem = (parameter: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new AddressFault(`has ${parameter}=${file}, which cannot be read`, 'name a PEM file that this user can read')
  }
}

/** @throws AddressFault for a % that is no escape */
export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AddressFault('holds a % that is no escape', 'write %25 for a % in a name or a password')
  }
}
