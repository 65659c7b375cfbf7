"""The bash of a session: one interactive shell, spoken to in words that no code of its session can replace.

Between cells it is in POSIX mode, where `eval`, `set`, `trap`, `unset` and `exec` go before functions of their names; a
backslash keeps aliases away, and assignments are no commands. Options and traps that would speak are put by between
cells, in this process, and come back with the next one. A cell is the value of PROMPT_COMMAND: bash runs that by itself,
and tells of no background jobs in it. It says its status as the text of a trap, which needs no command that prints.
"""

import os

#: Where it reports, its standard error until it is ready, and its standard input between cells.
REPORT, REAL_ERROR, INPUT = 1021, 1020, 1019
START = (
    "exec 2>&%d %d>&-; PS1= PS2=; set +H +m +o history; shopt -u expand_aliases; "
    "unset HISTFILE PROMPT_COMMAND PS1 PS2; POSIXLY_CORRECT=1\n" % (REAL_ERROR, REAL_ERROR)
)
#: Variables that would speak, or end the shell, while it waits.
WAITING = ("PS0", "PS1", "PS2", "TMOUT", "PROMPT_COMMAND")
KEPT = "".join("${%s+%s=${%s@Q};}" % (name, name, name) for name in WAITING)
TOLD = rb"((?:.*\n)*?)trap -- '(\w+) (\d+) (\S*) ((?:[^']|'\\'')*)' (?:SIG)?RTMAX\n"
TRAP = rb"trap -- (?:'(?:[^']|'\\'')*') (?:SIG)?(DEBUG|ERR)\n"


def quote(text):
    return b"'" + text.replace(b"'", b"'\\''") + b"'"


class Bash:
    """What is known of the shell between its cells."""

    def __init__(self):
        # Process 1 has no use for it before there is a bash, and is to start fast.
        import re

        self.find_told = re.compile(TOLD).search
        self.find_traps = re.compile(TRAP).finditer
        self.status = 0
        self.options = []
        self.traps = {}
        self.variables = b""
        self.buffer = b""

    def start(self):
        return START.encode()

    def cell(self, code, token):
        end = self.end(token)
        text = b"%s\n%s\n" % (self.before(), code.replace(b"\0", b""))
        whole = b"\\unset PROMPT_COMMAND; { \\eval %s; %s; \\exec %d<&0; } <&%d" % (quote(text), end, INPUT, INPUT)
        # Where an error or an interrupt ended the cell, the line behind it tells.
        return b"PROMPT_COMMAND=%s\n%s\n" % (quote(whole), end)

    def end(self, token):
        return b"".join(
            (
                b'{ POSIXLY_CORRECT="$? $SHELLOPTS"; \\trap -- "%s $POSIXLY_CORRECT %s" RTMAX; ' % (token, KEPT.encode()),
                b"\\trap -p DEBUG ERR RTMAX >&%d; \\trap - DEBUG ERR RTMAX; \\set +xv; " % REPORT,
                b"\\unset PROMPT_COMMAND TMOUT; PS0= PS1= PS2=; } >/dev/null 2>&1",
            )
        )

    def before(self):
        """Brings back what was put by, so that nothing of it speaks of this."""
        words, quiet = [], []
        if b"ERR" in self.traps:
            words.append(b"\\" + self.traps[b"ERR"])
        words.append(b"\\unset PS0 PS1 PS2")
        if self.variables:
            words.append(self.variables.rstrip(b";"))
        if b"DEBUG" in self.traps:
            quiet.append(b"\\" + self.traps[b"DEBUG"])
        if b"posix" not in self.options:
            quiet.append(b"\\unset POSIXLY_CORRECT")
        if self.status and b"errexit" not in self.options and b"ERR" not in self.traps:
            # What `$?` says first.
            quiet.append(b"(POSIXLY_CORRECT=1; \\exit %d)" % self.status)
        flags = b"".join(letter for letter, name in ((b"x", b"xtrace"), (b"v", b"verbose")) if name in self.options)
        if flags:
            words.append(b"\\set -" + flags)
        if quiet:
            words.append(b"{ %s; } >/dev/null 2>&1" % b"; ".join(quiet))
        return b"; ".join(words)

    def told(self, data, token):
        """The status of the cell, once it has been told."""
        self.buffer = (self.buffer + data)[-1024 * 1024 :]
        found = self.find_told(self.buffer)
        while found and found[2] != token:
            self.buffer = self.buffer[found.end() :]
            found = self.find_told(self.buffer)
        if not found:
            return None
        self.buffer = self.buffer[found.end() :]
        self.traps = {trap[1]: trap[0].rstrip(b"\n") for trap in self.find_traps(found[1])}
        self.status = int(found[3]) & 0xFF
        self.options = found[4].split(b":")
        self.variables = found[5].replace(b"'\\''", b"'")
        return self.status


def spawn_bash(spawn, identity, binary, env, workspace, child):
    """Its code comes on standard input, which the code itself never sees."""
    out, err, control, report = child
    null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    try:
        numbers = {0: control, 1: out, 2: null, REPORT: report, REAL_ERROR: err, INPUT: null}
        argv = ["bash", "--noprofile", "--norc", "--noediting", "-i"]
        return spawn(identity, binary, argv, env, workspace, numbers)
    finally:
        os.close(null)
