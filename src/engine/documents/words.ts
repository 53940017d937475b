/** `a, b` as its words. */
export function wordsIn(list: string): string[] {
  const words = list.split(',').map((word) => word.trim())
  return words.filter((word) => word !== '')
}
