/** What a file of somebody else's format holds: the rules say what it must be, so no type takes their word for it. */
export type Loose = ReturnType<typeof JSON.parse>
