/** The entry of a table by a name that somebody else chose: what every object has (`constructor`) is none. */
export function ownEntry<T>(table: Readonly<Record<string, T>>, name: string | null): T | undefined {
  return name !== null && Object.hasOwn(table, name) ? table[name] : undefined;
}
