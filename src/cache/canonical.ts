import { foldCase, normalizeCharacters } from './reading/characters.ts'

export const canonicalText = (text: string): string => foldCase(normalizeCharacters(text)).trim()
