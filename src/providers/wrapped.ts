/**
 * Whether a signature, or encrypted thoughts, is one that a dialect wrapped as JSON to know it again: only that dialect can
 * give it back. What vendors sign themselves is base64.
 */
export const isWrapped = (text: string): boolean => text.startsWith('{')
