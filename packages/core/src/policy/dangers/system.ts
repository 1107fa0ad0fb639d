import { hasOption, readArguments } from '../shell/command-options.js';
import { anyName, showMarked } from '../shell/marks.js';
import { resolvePath, siteOf } from '../shell/paths.js';
import { allSources } from '../shell/sources.js';
import { writeTargets } from '../shell/write-targets.js';
import { type ChecksByProgram, type DangerCheck, finding } from './danger-check.js';

const harmlessDevices =
  /^\/dev\/(null|zero|full|stdin|stdout|stderr|tty|ptmx|random|urandom|fd\/.*|shm(\/.*)?|pts\/.*|tcp\/.*|udp\/.*)$/;
const kernelFiles = /^\/(proc|sys)\/(?!self\/(fd|oom_score_adj|comm)\b)/;

/** A path that is no file but a piece of the machine. */
export function isDevice(path: string): boolean {
  return (path.startsWith('/dev/') && !harmlessDevices.test(path)) || kernelFiles.test(path);
}

export const deviceWrites: DangerCheck = (command) =>
  writeTargets(command)
    .filter(isDevice)
    .flatMap((path) => finding('device-write', showMarked(path)));

const always =
  (danger: 'device-write' | 'system' | 'privilege' | 'kill-by-name', looks = ''): DangerCheck =>
  ({ program, args }) => {
    const read = readArguments(args);
    const isLook =
      looks !== '' && (hasOption(read, ...looks.split(' ')) || looks.split(' ').includes(read.operands[0] ?? ''));
    return isLook ? [] : finding(danger, program ?? '');
  };

const device = always('device-write', 'l list print version help');
const machine = always('system', 'version help');
const asAnother = always('privilege', 'version help');

/** Without arguments, or with these first words, they only show. */
const unlessShowing =
  (shows: RegExp): DangerCheck =>
  ({ program, args }) => {
    const words = args.filter((word) => !/^--?(user|no-pager|system|quiet|q|n)$/.test(word));
    const isShow = words.length === 0 || words.some((word) => shows.test(word));
    return isShow ? [] : finding('system', `${program} ${words[0]}`);
  };

const permissions: DangerCheck = ({ args, cwd }, { place }) => {
  const read = readArguments(args, { values: 'm M x X reference from' });
  const isRecursive = hasOption(read, 'R', 'recursive');
  return read.operands.flatMap((operand) => {
    const path = resolvePath(cwd, operand);
    const site = siteOf(path, place);
    if (site !== 'outside' && !(site === 'unknown' && isRecursive)) return [];
    const isFlood = isRecursive || operand.includes(anyName) || /^\/[^/]*$|^\/(etc|usr|s?bin|lib\w*|boot)\//.test(path);
    return isFlood ? finding('permission-flood', showMarked(path)) : [];
  });
};

const kill: DangerCheck = ({ args, upstream, suppliers }) => {
  const targets = targetsOf(args);
  if (allSources([...upstream, ...suppliers]).some(({ program }) => /^(pgrep|pidof|ps)$/.test(program ?? ''))) {
    return finding('kill-by-name', 'kill of what was found by name');
  }
  const isEvery = targets.some((word) => word === '-1' || word === '1');
  return isEvery ? finding('system', 'kill of every process') : [];
};

/** Which processes: what is left when the signal has been taken off. */
function targetsOf(args: readonly string[]): readonly string[] {
  const [first = '', ...rest] = args;
  if (first === '--') return rest;
  if (/^-[sn]$/.test(first)) return withoutDashes(rest.slice(1));
  return /^-./.test(first) ? withoutDashes(rest) : args;
}

function withoutDashes(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words;
}

const init: DangerCheck = ({ args }) => (/^[0-6s]$/i.test(args[0] ?? '') ? finding('system', `init ${args[0]}`) : []);

const setting: DangerCheck = ({ args }) =>
  args.some((word) => /^(-w|--write|-p|--load|--system)|^[a-z][\w.]*=/.test(word)) ? finding('system', 'sysctl') : [];

const byName: DangerCheck = ({ program, args }) =>
  args.some((word) => /^(-l|--list|-0)$/.test(word))
    ? []
    : finding('kill-by-name', [program, ...args].map((word) => showMarked(word ?? '')).join(' '));

const disks =
  'wipefs fdisk sfdisk gdisk sgdisk cfdisk parted mkswap badblocks blkdiscard hdparm cryptsetup lvremove vgremove pvremove pvcreate mdadm dmsetup flashrom newfs';
const machines =
  'shutdown reboot halt poweroff iptables ip6tables nft ufw firewall-cmd umount swapoff swapon useradd userdel usermod groupadd groupdel adduser deluser passwd chpasswd visudo vipw modprobe insmod rmmod setenforce kexec killall5 telinit chsh update-rc.d chkconfig at batch wall';
const others = 'sudo su doas pkexec runuser gosu su-exec nsenter chroot setpriv capsh setcap newgrp sg sudoedit';

const table = (names: string, check: DangerCheck): ChecksByProgram =>
  Object.fromEntries(names.split(' ').map((name) => [name, check]));

export const systemChecks: ChecksByProgram = {
  ...table(disks, device),
  ...table(machines, machine),
  ...table(others, asAnother),
  ...table('chmod chown chgrp setfacl chattr', permissions),
  ...table('pkill killall', byName),
  ...table('zfs zpool', ({ args }) => (args[0] === 'destroy' ? finding('device-write', 'destroy') : [])),
  nvme: ({ args }) => (args[0] === 'format' ? finding('device-write', 'nvme format') : []),
  diskutil: ({ args }) =>
    /^(erase|zero|partition|apfs)/i.test(args[0] ?? '') ? finding('device-write', 'diskutil') : [],
  kill,
  init,
  sysctl: setting,
  systemctl: unlessShowing(/^(status|show|cat|help|list-.*|is-.*|get-default|--version|--help|-h)$/),
  service: unlessShowing(/^(status|--status-all)$/),
  launchctl: unlessShowing(/^(list|print|version|help)$/),
  crontab: ({ args }) => (args.includes('-l') ? [] : finding('system', 'crontab')),
  mount: unlessShowing(/^(-l|--version|-V|--help)$/),
  loginctl: unlessShowing(/^(list-.*|show-.*|.*-status|session-status)$/),
  docker: ({ args }) => {
    const isHost = args.some((word) =>
      /^--(privileged|pid=host|userns=host)$|^(-v|--volume=)?\/:|docker\.sock|\b(source|src)=\/(,|$)/.test(word),
    );
    return isHost ? finding('privilege', 'a container that owns the machine') : [];
  },
  timedatectl: ({ args }) => (/^set/.test(args[0] ?? '') ? finding('system', 'timedatectl') : []),
  hostnamectl: ({ args }) =>
    /^set|^hostname/.test(args[0] ?? '') && args.length > 1 ? finding('system', 'hostnamectl') : [],
  hash: ({ args }) =>
    args.some((word) => /^-\w*p/.test(word)) ? finding('unparsed', 'another program by that name') : [],
  enable: ({ args }) =>
    args.some((word) => /^-\w*f/.test(word)) ? finding('unparsed', 'a command that is loaded') : [],
  date: ({ args }) => (args.some((word) => /^(-s|--set)/.test(word)) ? finding('system', 'date --set') : []),
};

/** mkfs comes as one program for each file system. */
export const fileSystemMakers: DangerCheck = ({ program }) =>
  program !== null && /^(mkfs|mke2fs|mkntfs|mkdosfs)(\.|$)/.test(program) ? finding('device-write', program) : [];
