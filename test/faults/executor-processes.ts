import { readdir, readFile, readlink } from 'node:fs/promises';

/** Returns the processes of a function on a local stack, children of its server. Linux alone tells of them, in /proc. */
export async function processesOf(functionName: string, serverPid: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [stat, environment] = await Promise.all(
      ['stat', 'environ'].map((file) => contentOf(`/proc/${name}/${file}`)),
    );
    // The line is `pid (command) state ppid`; the command may have spaces, and parentheses.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent !== String(serverPid)) continue;
    if (environment?.split('\0').includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}`)) found.push(Number(name));
  }
  return found;
}

/** Returns the local ports of the TCP connections that a process has. */
export async function portsOf(pid: number): Promise<Set<number>> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  const sockets = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  // A line is `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`, addresses in hexadecimal.
  const lines = (await contentOf(`/proc/${pid}/net/tcp`)).split('\n').map((line) => line.trim().split(/\s+/));
  const own = lines.filter(({ 9: inode }) => inode !== undefined && sockets.has(inode));
  return new Set(own.map(({ 1: local = '' }) => Number.parseInt(local.split(':')[1] ?? '', 16)));
}

/** Reads a file; it is empty where the process has ended meanwhile. */
const contentOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
