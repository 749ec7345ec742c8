/** Statuses of a server that does not take HEAD requests. */
export const withoutHead: readonly number[] = [405, 501];
