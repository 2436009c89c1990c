/**
 * The supervisor: a small process between the host and the CLI that nothing of the run can get away from, and that ends
 * the run when the host is gone. Written in Perl without modules, because `perl` is in the base system of most Linux
 * distributions, knows fork and waitpid, calls the kernel directly, and starts in 2 ms with 5 MB; see ADR 10.
 */

import type { Containment } from "../../Run.ts"

/** What the program calls by number, for each architecture that it runs on. */
const syscalls: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: { prctl: 157, unshare: 272, mount: 165, setsid: 112, exit: 231, sigprocmask: 14, signalfd: 289, clock: 228 },
  arm64: { prctl: 167, unshare: 97, mount: 40, setsid: 157, exit: 94, sigprocmask: 135, signalfd: 74, clock: 113 },
}

/** What it says in place of an errno when the directory is not the one that it was to be; no system has it. */
export const movedNumber = 9999

/** `user-namespace` is a PID namespace inside a user namespace of its own: for users who may not make the first alone. */
export type Tier = "pid-namespace" | "user-namespace" | "cgroup" | "subreaper"

/** What a run records of it. */
export const containmentOf = (tier: Tier): Containment => (tier === "user-namespace" ? "pid-namespace" : tier)

/** The arguments of `perl` that start a supervisor; undefined where it does not know the architecture. */
export const supervisorArgs = (tiers: ReadonlyArray<Tier>, arch: string): ReadonlyArray<string> | undefined => {
  const numbers = syscalls[arch]
  if (numbers === undefined) return undefined
  const { prctl, unshare, mount, setsid, exit, sigprocmask, signalfd, clock } = numbers
  const order = [prctl, unshare, mount, setsid, exit, sigprocmask, signalfd, clock]
  return ["-e", program, ...order.map(String), tiers.join(",")]
}

/**
 * It speaks lines on descriptor 3.
 *
 * Says: `R tier reason` (not to be had), `T tier` (this one it is; ready), `P pid` (the CLI runs), `F errno` (it could
 * not be started), `X code signal` (the CLI has ended), `G seen killed` (nothing is alive; the last word).
 * Hears: one frame (four bytes of length; strings that end in NUL: stdin, directory, device and inode that the directory
 * must have, or nothing, program, number of arguments, the arguments, `NAME=value`…), then `S n` (signal the CLI), `E millis` (kill what is left after so long), `K` (kill now).
 * When the host is gone, the CLI gets SIGTERM and half a second, and then everything is killed.
 */
const program = String.raw`
use strict;
my ($prctl, $unshare, $mount, $setsid, $exit, $sigprocmask, $signalfd, $clock) = map { $_ + 0 } splice @ARGV, 0, 8;
my $tiers = shift @ARGV;
# Not by the variable with two dollar signs: systemd-run puts its own text in place of such.
my $self = readlink '/proc/self';
$0 = 'runyard-supervisor';
# Only the host ends it, and the CLI is not to inherit this.
$SIG{$_} = 'IGNORE' for qw(PIPE TERM INT HUP);
chdir '/';
open my $host, '+<&=', 3 or die;
fcntl $host, 2, 1;
# What the host itself was given by mistake. (close_range has this number everywhere.)
syscall 436, 4, 0xffffffff, 0;

my ($tier, $init, $group);
my ($cli, $inner, $exited, %seen) = (0, 0, 0);

sub leave { if ($init) { kill 9, $init; waitpid $init, 0 } rmdir $group if $group; syscall $exit, 0 }
sub say_ { my $line = "@_\n"; while (length $line) { my $n = syswrite $host, $line; defined $n or return; substr($line, 0, $n) = '' } }
sub drain { my ($from, $text) = ($_[0], ''); 1 while sysread $from, $text, 65536, length $text; $text }
sub slurp { open my $file, '<', $_[0] or return ''; drain($file) }
sub spit { open my $file, '>', $_[0] or return 0; print {$file} $_[1]; close $file }
sub nap { select undef, undef, undef, $_[0] }
sub now { my $time = "\0" x 16; syscall $clock, 1, $time; my ($s, $ns) = unpack 'qq', $time; $s + $ns / 1e9 }
sub quiet { open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null' }
sub pids { opendir my $dir, '/proc' or return; grep { /^\d+$/ } readdir $dir }
sub state_of { my $line = slurp("/proc/$_[0]/stat"); $line eq '' ? () : (split ' ', substr $line, rindex($line, ')') + 2)[0, 1] }

# A PID namespace: its first process reaps orphans, and the kernel ends all others with it.
sub namespace {
  my ($user) = @_;
  my ($uid, $gid) = ($> + 0, (split ' ', $))[0] + 0);
  syscall($unshare, 0x20020000 | ($user ? 0x10000000 : 0)) == 0 or return "unshare: $!";
  $init = 0;
  if ($user) {
    spit('/proc/self/setgroups', 'deny');
    spit('/proc/self/uid_map', "$uid $uid 1") && spit('/proc/self/gid_map', "$gid $gid 1") or return "map: $!";
  }
  pipe my $ready, my $tell or return "pipe: $!";
  my $pid = fork;
  defined $pid or return "fork: $!";
  if (!$pid) {
    syscall $prctl, 1, 9, 0, 0, 0;
    close $ready; close $host; quiet();
    $SIG{CHLD} = 'IGNORE';
    my ($root, $none, $proc, $there) = ('/', 'none', 'proc', '/proc');
    my $why = syscall($mount, $none, $root, 0, 0x84000, 0) != 0 ? "mount: $!"
      : syscall($mount, $proc, $there, $proc, 0xe, 0) != 0 ? "mount of proc: $!" : '';
    # CLIs keep files by their pid in the user's home: no two runs may both be number 2.
    spit('/proc/sys/kernel/ns_last_pid', $self) if $why eq '';
    defined syswrite $tell, "$why\n" or syscall $exit, 0;
    close $tell;
    nap(1e6) while 1;
  }
  $init = $pid;
  close $tell;
  my $why = drain($ready);
  chomp $why or $why = 'its first process died';
  return $why;
}

# A control group: the kernel kills all of it at once.
sub cgroup {
  my ($own) = slurp('/proc/self/cgroup') =~ /^0::(.*)$/m or return 'no cgroup v2';
  my ($root, $point);
  for (split /\n/, slurp('/proc/self/mountinfo')) { ($root, $point) = (split ' ')[3, 4] if / - cgroup2 / }
  defined $point or return 'cgroup v2 is not mounted';
  $_ eq '/' and $_ = '' for $own, $root;
  index($own, $root) == 0 or return 'its cgroup is not visible';
  my $new = $point . substr($own, length $root) . "/runyard-$self";
  mkdir $new or return "mkdir: $!";
  if (!-w "$new/cgroup.kill") { rmdir $new; return 'no cgroup.kill' }
  $group = $new;
  return '';
}

my $reaper = syscall($prctl, 36, 1, 0, 0, 0) == 0 ? '' : "prctl: $!";
for my $want (split /,/, $tiers) {
  my $why = $want eq 'pid-namespace' ? namespace(0) : $want eq 'user-namespace' ? namespace(1)
    : $want eq 'cgroup' ? cgroup() : $reaper;
  if ($why eq '') { $tier = $want; last }
  say_('R', $want, $why);
  # Half a namespace cannot be given back: the host asks a new supervisor for the others.
  leave() if defined $init;
}
leave() unless defined $tier;
say_('T', $tier, $group || '');

# Numbers of what is alive besides the CLI. The namespace's own /proc lists nobody else.
sub others {
  return grep { $_ != 1 && $_ != $inner } pids() if defined $init;
  return grep { $_ && ($exited || $_ != $cli) } split /\n/, slurp("$group/cgroup.procs") if $group;
  return descendants();
}
sub descendants {
  my (%kids, @found);
  for my $pid (pids()) {
    my ($state, $parent) = state_of($pid);
    push @{ $kids{$parent} }, $pid if defined $parent && $state ne 'Z' && $state ne 'X';
  }
  my @next = ($self);
  while (@next) { @next = map { @{ $kids{$_} || [] } } @next; push @found, @next }
  # Where /proc is hidden, the kernel still tells of direct children, and every orphan becomes one.
  my %known = map { $_ => 1 } @found;
  for my $pid (split ' ', slurp("/proc/self/task/$self/children")) {
    my ($state) = state_of($pid);
    push @found, $pid unless $known{$pid} || defined $state && $state =~ /[ZX]/;
  }
  return grep { $exited || $_ != $cli } @found;
}
# A thread answers to its number, too.
sub is_process { slurp("/proc/$_[0]/status") =~ /^Tgid:\s*$_[0]$/m }
sub look { $seen{$_} = 1 for others() }

sub bury {
  my ($pid) = @_;
  if ($pid == $cli && !$exited) { $exited = 1; say_('X', $? >> 8, $? & 127) }
  $init = 0 if $init && $pid == $init;
}
# Collects the dead. True when nobody is left: all that comes from here comes back to here.
sub reap {
  for (;;) {
    my $pid = waitpid -1, 1;
    return $pid < 0 if $pid <= 0;
    bury($pid);
  }
}
sub empty {
  my $none = reap();
  return 0 if $cli && !$exited;
  return !$init || !others() if defined $init;
  return $none && (!$group || slurp("$group/cgroup.events") =~ /^populated 0/m);
}

sub kill_all {
  my (%dead, $nap);
  my $bound = now() + 10;
  if (defined $init) {
    $dead{$_} = 1 for others();
    kill 9, $init if $init;
    while ($init) { my $pid = waitpid -1, 0; last if $pid < 0; bury($pid) }
  }
  while ($group && slurp("$group/cgroup.events") !~ /^populated 0/m && now() < $bound) {
    $dead{$_} = 1 for others();
    spit("$group/cgroup.kill", 1);
    nap(0.0005);
    reap();
  }
  kill 9, $cli if $cli && !$exited;
  until (reap() || now() > $bound) {
    for (descendants()) { $dead{$_} = 1; kill 9, $_ }
    # Whoever forks faster than all of /proc can be read is among the newest pids.
    for (1 .. 20) {
      last if reap();
      my $last = (split ' ', slurp('/proc/loadavg'))[4];
      for my $pid (map { $last - $_ } 0 .. 15) {
        my (undef, $parent) = state_of($pid);
        if (defined $parent && ($parent == $self || $dead{$parent}) && ($exited || $pid != $cli) && is_process($pid)) { $dead{$pid} = 1; kill 9, $pid }
      }
    }
    nap($nap = $nap ? $nap < 0.02 ? $nap * 2 : $nap : 0.0005);
  }
  $seen{$_} = 1 for keys %dead;
  return scalar keys %dead;
}
sub finish {
  my ($killed) = @_;
  if ($init) { kill 9, $init; waitpid $init, 0; $init = 0 }
  # It is not said before it is so; the host waits no longer than it likes.
  nap(0.05) until empty();
  rmdir $group if $group;
  say_('G', scalar keys %seen, $killed);
  # Until the host has heard it: to write to somebody who has left would cost it what it has not read.
  drain($host);
  leave();
}

# The host may be gone before it has asked for anything.
sub take {
  my ($want, $text) = ($_[0], '');
  while (length $text < $want) { sysread $host, $text, $want - length $text, length $text or leave() }
  return $text;
}
my ($stdin, $directory, $identity, $file, $count, @rest) = split /\0/, take(unpack 'V', take(4)), -1;
pop @rest;
my @args = splice @rest, 0, $count;

# A descriptor that is readable when a child has ended; a signal handler could miss the moment.
my $mask = pack 'Q', 1 << 16;
syscall $sigprocmask, 0, $mask, 0, 8;
my $deaths_fd = syscall $signalfd, -1, $mask, 8, 02004000;
open my $deaths, '<&=', $deaths_fd or die;

pipe my $status, my $report;
sub fail { syswrite $report, @_ ? $_[0] : $! + 0; syscall $exit, 127 }
# Born in the group: moving there afterwards takes the kernel 20 ms. (clone3 has this number everywhere.)
sub fork_into {
  sysopen my $there, $group, 0 or return undef;
  my $how = pack 'Q11', 0x200000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, fileno $there;
  my $pid = syscall 435, $how, length $how;
  return $pid < 0 ? undef : $pid;
}
$cli = $group ? fork_into() : fork;
if (defined $cli && !$cli) {
  syswrite $report, readlink('/proc/self') . "\n";
  my $none = pack 'Q', 0;
  syscall $sigprocmask, 2, $none, 0, 8;
  $SIG{$_} = 'DEFAULT' for qw(PIPE TERM INT HUP);
  syscall $setsid;
  syscall $prctl, 1, 9, 0, 0, 0;
  if ($stdin eq 'closed') { open STDIN, '<', '/dev/null' or fail() }
  chdir $directory or fail();
  # Once it is the working directory nothing can put another one in its place.
  if (length $identity) { my @at = stat '.'; "$at[0]:$at[1]" eq $identity or fail(${movedNumber}) }
  %ENV = map { split /=/, $_, 2 } @rest;
  no warnings;
  exec { $file } $file, @args;
  fail();
}
my $why = $! + 0;
quiet();
close $report;
($inner, $why) = split /\n/, drain($status) if defined $cli;
if ($why) {
  $cli = 0 unless defined $cli;
  say_('F', $why);
  $exited = 1;
  kill_all();
  leave();
}
# Before it can be collected: from then on its number may be somebody else's.
my $line = slurp("/proc/" . (defined $init ? $inner : $cli) . "/stat");
say_('P', $cli, (split ' ', substr $line, rindex($line, ')') + 2)[19] || 0);

my ($heard, $deadline, $gone) = ('', undef, 0);
for (;;) {
  if (defined $deadline) {
    finish(0) if empty();
    my $left = $deadline - now();
    if ($left <= 0) { look(); finish(kill_all()) }
    nap($left < 0.004 ? $left : 0.004);
  } else { reap() }
  my $bits = '';
  vec($bits, fileno $host, 1) = 1 unless $gone;
  vec($bits, $deaths_fd, 1) = 1;
  my $some = select my $out = $bits, undef, undef, defined $deadline ? 0 : undef;
  next if $some <= 0;
  sysread $deaths, my $drop, 4096 if vec $out, $deaths_fd, 1;
  next unless vec $out, fileno $host, 1;
  if (!sysread $host, $heard, 4096, length $heard) {
    $gone = 1;
    look();
    kill 15, $cli if !$exited;
    $deadline = now() + 0.5;
  }
  while ($heard =~ s/^(.) ?(\d*)\n//) {
    my ($what, $number) = ($1, $2);
    if ($what eq 'S') { look(); kill $number, $cli if !$exited }
    elsif ($what eq 'E') { look() unless empty(); $deadline = now() + $number / 1000 }
    else { $deadline = 0 }
  }
}
`
