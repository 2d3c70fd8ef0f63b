/** Who goes first where there is not enough for all, least first. */
export const priorities = ['batch', 'normal', 'interactive'] as const
export type Priority = (typeof priorities)[number]

export const rankOf = (priority: Priority): number => priorities.indexOf(priority)
