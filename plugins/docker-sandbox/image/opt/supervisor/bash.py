"""The bash of a session: one interactive shell, spoken to in words that no code of its session can replace.

Between cells it is in POSIX mode, where `eval`, `set`, `trap`, `unset` and `exec` go before functions of their names; a
backslash keeps aliases away, and assignments are no commands. Options and traps that would speak are put by between
cells, in this process, and come back with the next one. A cell is the value of PROMPT_COMMAND: bash runs that by itself,
and tells of no background jobs in it. It says its status as the text of a trap, which needs no command that prints.

The shell's own three streams lead here and nowhere: what prompts print, or a variable that cannot be unset, is not seen.
Those of the code are kept above the numbers that people use, and are its own while a cell runs.
"""

#: Where it reports, and what standard input, output and error of the code are kept as between cells.
REPORT, KEPT = 1021, (1018, 1019, 1020)
OPTIONS = ["--noprofile", "--norc", "--noediting", "-i"]
#: What it has under which number. Its code comes on standard input, which the code itself never sees.
PLACES = {0: "control", 1: "nowhere", 2: "nowhere", REPORT: "report", **dict(zip(KEPT, ("nowhere", "out", "err")))}
START = (
    "PS1= PS2=; set +H +m +o history; history -c; shopt -u expand_aliases; unset HISTFILE PROMPT_COMMAND PS1 PS2; "
    "POSIXLY_CORRECT=y\n"
)
#: Variables that would speak, or end the shell, while it waits.
WAITING = ("PS0", "PS1", "PS2", "TMOUT", "PROMPT_COMMAND")
VALUES = "".join("${%s[@]+${%s[@]@A};}" % (name, name) for name in WAITING)
#: An assignment to what is readonly would end the line.
QUIET = "; ".join("[[ ${%s+${%s@a}} == *r* ]] || %s=" % (name, name, name) for name in WAITING[:3])
POSIX = b"[[ ${POSIXLY_CORRECT+${POSIXLY_CORRECT@a}} == *r* ]] || POSIXLY_CORRECT=${POSIXLY_CORRECT-y}"
#: Another file on one of the code's streams is the next cell's too; one that was closed reads nothing.
KEEP = [
    "[[ -e /dev/fd/{0} ]] || \\exec {0}{1}/dev/null; "
    "[[ /dev/fd/{0} -ef /dev/fd/{2} && ! -f /dev/fd/{0} ]] || \\exec {2}{1}&{0}".format(own, way, kept).encode()
    for own, kept, way in zip(range(3), KEPT, "<>>")
]
#: While a cell runs, and in its exit trap. Its input is what reaches here by another way.
GIVE = b"\\exec >&%d 2>&%d" % KEPT[1:]
TAKE = b"\\exec >/dev/null 2>&1"
TOLD = rb"((?:.*\n)*?)trap -- '(\w+) (\d+) (\S*) (\w*)- ((?:[^']|'\\'')*)' (?:SIG)?RTMAX\n"
#: As bash declares them; their attributes do not come back, for any command may have another meaning by then.
DECLARED = rb"(?<![^;])declare -\w+ (?=(?:%s)=)" % "|".join(WAITING).encode()
TRAP = rb"trap -- (?:'(?:[^']|'\\'')*') (?:SIG)?(DEBUG|ERR)\n"


def quote(text):
    return b"'" + text.replace(b"'", b"'\\''") + b"'"


def exports(env):
    """An assignment to what is readonly would end the cell."""
    line = b"{ [[ ${%s+${%s@a}} == *r* ]] || \\export %s=%s; } >/dev/null 2>&1\n"
    return b"".join(line % (*[name.encode()] * 3, quote(value.encode())) for name, value in env.items())


class Bash:
    """What is known of the shell between its cells."""

    def __init__(self):
        # Process 1 has no use for it before there is a bash, and is to start fast.
        import re

        self.find_told = re.compile(TOLD).search
        self.find_traps = re.compile(TRAP).finditer
        self.plain = re.compile(DECLARED).sub
        self.status = 0
        self.options = []
        self.traps = {}
        self.variables = b""
        #: Whether nobody can set PROMPT_COMMAND any more: then a cell is typed as a line.
        self.typed = False
        #: What is behind the present cell, and read when that has ended.
        self.tail = b""
        self.heard = b""
        self.buffer = b""

    def start(self):
        return START.encode()

    def cell(self, code, token, env):
        end = self.end(token)
        text = b"%s%s\n%s\n" % (exports(env), self.before(), code.replace(b"\0", b""))
        clear = b"" if self.typed else b"\\unset PROMPT_COMMAND; "
        inside = b"\\eval %s; %s; %s" % (quote(text), end, KEEP[0])
        taken = b"%s; %s; %s" % (KEEP[1], KEEP[2], TAKE)
        whole = b"%s%s; { %s; } <&%d; %s" % (clear, GIVE, inside, KEPT[0], taken)
        # Where an error or an interrupt ended the cell, the line behind it tells.
        left = b"[[ /dev/fd/2 -ef /dev/null ]] || { %s; }" % taken
        self.tail = b"%s; %s\n" % (end, left)
        return b"%s\n%s" % (whole if self.typed else b"PROMPT_COMMAND=" + quote(whole), self.tail)

    def end(self, token):
        # A name that no code can have made readonly.
        name = b"_" + token
        return b"".join(
            (
                # An assignment makes one word of an array, whatever IFS is.
                b'{ %s="$? $SHELLOPTS ${PROMPT_COMMAND+${PROMPT_COMMAND@a}}- %s"; ' % (name, VALUES.encode()),
                b'%s; \\trap -- "%s $%s" RTMAX; ' % (POSIX, token, name),
                b"\\trap -p DEBUG ERR RTMAX >&%d; \\trap - DEBUG ERR RTMAX; \\set +xv +o vi +o emacs; " % REPORT,
                b"\\unset %s PROMPT_COMMAND TMOUT; %s; } >/dev/null 2>&1" % (name, QUIET.encode()),
            )
        )

    def before(self):
        """Brings back what was put by, so that nothing of it speaks of this."""
        words, quiet = [], []
        if b"ERR" in self.traps:
            words.append(b"\\" + self.traps[b"ERR"])
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
        # A line of their own: one that is readonly ends its line.
        put_by = b"\\unset PS0 PS1 PS2; %s" % self.variables.rstrip(b";")
        return b"{ %s; } >/dev/null 2>&1\n%s" % (put_by.rstrip(b"; "), b"; ".join(words))

    def told(self, data, token):
        """The status of the cell, once it has been told."""
        self.buffer = (self.buffer + data)[-1024 * 1024 :]
        found = self.find_told(self.buffer)
        # The line behind a cell tells once more, unless it is stopped before.
        while found and (found[2] != token or token == self.heard):
            self.buffer = self.buffer[found.end() :]
            found = self.find_told(self.buffer)
        if not found:
            return None
        self.buffer = self.buffer[found.end() :]
        self.heard = token
        self.traps = {trap[1]: trap[0].rstrip(b"\n") for trap in self.find_traps(found[1])}
        self.status = int(found[3]) & 0xFF
        self.options = found[4].split(b":")
        self.typed = b"r" in found[5]
        self.variables = self.plain(b"", found[6].replace(b"'\\''", b"'"))
        return self.status
