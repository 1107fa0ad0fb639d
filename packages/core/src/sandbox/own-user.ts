/** As whom this process runs, and as whom what it contains runs. */
export interface OwnUser {
  isRoot: boolean;
  inside: { uid: number; gid: number };
}

/** Root becomes somebody else inside: programs that believe to be root change owners, which nobody may there. */
const insideOfRoot = { uid: 1000, gid: 1000 };

export function ownUser(): OwnUser {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return uid === 0 ? { isRoot: true, inside: insideOfRoot } : { isRoot: false, inside: { uid, gid } };
}
