type Present<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** The members that are neither null nor undefined: a row's nullable columns as optional members. */
export function optional<T extends object>(members: T): Present<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  ) as Present<T>;
}
