import type { Material } from './material.ts'

/** Words of a request for code that say nothing about what the code does. */
const generic = new Set(
  'write code function class script program implement create python typescript javascript bash sql query small simple given takes returns return'.split(
    ' ',
  ),
)

/** A small code block in the language that the request names: a frame with a fitting name, not a solution. */
export const writeCode = ({ text, keyWords }: Material): string => {
  const words = keyWords.filter((word) => !generic.has(word) && /^[a-z0-9]+$/.test(word)).slice(0, 3)
  const topic = words.length > 0 ? words : ['example']
  const snake = topic.join('_')
  const camel = topic.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
  const note = `Simulated: ${topic.join(' ')}.`
  const language = languages.find(({ named }) => named.test(text)) ?? typescript
  return `\`\`\`${language.fence}\n${language.write({ snake, camel, note })}\n\`\`\``
}

interface Names {
  snake: string
  camel: string
  note: string
}

const typescript = {
  fence: 'typescript',
  named: /\b(?:typescript|javascript|node)\b/i,
  write: ({ camel, note }: Names): string => `// ${note}\nexport const ${camel} = (value: string): string => value`,
}

const languages = [
  {
    fence: 'python',
    named: /\bpython\b/i,
    write: ({ snake, note }: Names): string => `def ${snake}(value):\n    """${note}"""\n    return value`,
  },
  {
    fence: 'sql',
    named: /\bsql\b/i,
    write: ({ snake, note }: Names): string => `-- ${note}\nSELECT *\nFROM ${snake}\nLIMIT 10;`,
  },
  {
    fence: 'bash',
    named: /\b(?:bash|shell)\b/i,
    write: ({ snake, note }: Names): string => `# ${note}\n${snake}() {\n  printf '%s\\n' "$1"\n}`,
  },
  typescript,
]
