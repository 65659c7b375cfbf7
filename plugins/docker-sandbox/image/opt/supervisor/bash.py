"""The bash of a session: one interactive shell, spoken to in words that no code of its session can replace.

Between cells it is in POSIX mode, where `eval`, `set`, `trap`, `unset` and `exec` go before functions of their names; a
backslash keeps aliases away, and assignments are no commands. Options, traps and variables that would speak are put by
between cells, and come back with the next one. A cell is the value of PROMPT_COMMAND: bash runs that by itself, and tells
of no background jobs in it. It says its status as the text of a trap, which needs no command that prints.

The shell's own three streams lead here and nowhere: what prompts print, or a variable that cannot be unset, is not seen.
Those of the code are kept above the numbers that people use, and are its own while a cell runs.
"""

#: Where it reports, and what standard input, output and error of the code are kept as between cells.
REPORT, KEPT = 1021, (1018, 1019, 1020)
OPTIONS = ["--noprofile", "--norc", "--noediting", "-i"]
#: What it has under which number. Its code comes on standard input, which the code itself never sees.
PLACES = {0: "control", 1: "nowhere", 2: "nowhere", REPORT: "report", **dict(zip(KEPT, ("nowhere", "out", "err")))}
START = b"PS1= PS2=; set +H +m +o history; history -c; unset HISTFILE PROMPT_COMMAND PS1 PS2; POSIXLY_CORRECT=y :\n"
#: Variables that would speak, or end the shell, while it waits.
WAITING = ("PS0", "PS1", "PS2", "TMOUT", "PROMPT_COMMAND")
#: Before a command, and not on its own: then bash brings back what `shopt` said, such as `inherit_errexit`, with the unset.
POSIX = b"[[ -o posix ]] || POSIXLY_CORRECT=y \\:"
#: Another file on one of the code's streams is the next cell's too; one that was closed reads nothing.
KEEP = [
    "[[ -e /dev/fd/{0} ]] || \\exec {0}{1}/dev/null; "
    "[[ /dev/fd/{0} -ef /dev/fd/{2} && ! -f /dev/fd/{0} ]] || \\exec {2}{1}&{0}".format(own, way, kept).encode()
    for own, kept, way in zip(range(3), KEPT, "<>>")
]
#: While a cell runs, and in its exit trap. Its input is what reaches here by another way.
GIVE = b"\\exec >&%d 2>&%d" % KEPT[1:]
TAKE = b"\\exec >/dev/null 2>&1"
#: Of two traps and the status more is not read.
MOST = 24 * 1024 * 1024


def quote(text):
    return b"'" + text.replace(b"'", b"'\\''") + b"'"


def exports(env):
    """What is readonly keeps its value."""
    line = b"\\export %s=%s 2>/dev/null || \\:\n"
    return b"".join(line % (name.encode(), quote(value.encode())) for name, value in env.items())


def kept_as(token):
    """Under which name the shell itself keeps each variable between cells. None of them is known before."""
    return [(b"_%s%d" % (token, at), name.encode()) for at, name in enumerate(WAITING)]


class Bash:
    """What is known of the shell between its cells."""

    def __init__(self):
        self.status = 0
        self.options = []
        #: As bash says them, of DEBUG and of ERR; in POSIX mode also where there is none.
        self.traps = b":", b":"
        #: Whether nobody can set PROMPT_COMMAND any more: then a cell is typed as a line.
        self.typed = False
        #: What is behind the present cell, and read when that has ended.
        self.tail = b""
        #: The token of the last cell that told; of none there are no variables.
        self.heard = b"none"
        self.buffer = b""

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
        # What it is the second time has been put by.
        values = b"".join(b'%s="${%s-${%s[@]+${%s[@]@A}}}"; ' % (kept, kept, own, own) for kept, own in kept_as(token))
        return b"".join(
            (
                b'{ %s="$? $SHELLOPTS ${PROMPT_COMMAND+${PROMPT_COMMAND@a}}"; ' % name,
                b'%s%s; \\trap -- "%s $%s" RTMAX; ' % (values, POSIX, token, name),
                b"\\trap -p RTMAX DEBUG RTMAX ERR RTMAX >&%d; \\trap - DEBUG ERR RTMAX; " % REPORT,
                b"\\set +xv +o vi +o emacs; \\unset %s %s || \\:; } >/dev/null 2>&1" % (name, " ".join(WAITING).encode()),
            )
        )

    def before(self):
        """Brings back what was put by, so that nothing of it speaks of this."""
        debug, error = self.traps
        quiet = [b"\\" + debug]
        if b"posix" not in self.options:
            quiet.append(b"\\unset POSIXLY_CORRECT")
        if self.status and b"errexit" not in self.options and b"'" not in error:
            # What `$?` says first.
            quiet.append(b"(POSIXLY_CORRECT=1; \\exit %d)" % self.status)
        flags = b"".join(letter for letter, name in ((b"x", b"xtrace"), (b"v", b"verbose")) if name in self.options)
        words = (b"\\set -%s; " % flags if flags else b"") + b"{ %s; } >/dev/null 2>&1" % b"; ".join(quiet)
        kept = [name for name, _ in kept_as(self.heard)]
        # Their attributes do not come back, for `declare` may have another meaning by now. A long text is matched slowly.
        plain = b'[[ $%s != d* ]] || %s=${%s#declare -* }; \\eval "$%s" || \\:'
        values = b"; ".join(plain % ((name,) * 4) for name in kept)
        # A line of their own: one that is readonly ends its line.
        return b"{ %s; \\unset %s; } >/dev/null 2>&1\n\\%s; %s" % (values, b" ".join(kept), error, words)

    def told(self, data, token):
        """The status of the cell, once it has been told."""
        self.buffer = (self.buffer + data)[-MOST:]
        if token == self.heard:
            # The line behind a cell tells once more.
            self.buffer = b""
        if not self.buffer.endswith(b"RTMAX\n"):
            # What a trap says may be long.
            return None
        parts = self.buffer.split(b"trap -- '%s " % token)[1:4]
        if len(parts) < 3:
            return None
        self.buffer = b""
        self.heard = token
        (said, _, debug), (_, _, error), _ = (part.partition(b"RTMAX\n") for part in parts)
        self.traps = debug.rstrip(b"\n") or b":", error.rstrip(b"\n") or b":"
        code, options, attributes = said.split(b" ")[:3]
        self.status = int(code) & 0xFF
        self.options = options.split(b":")
        self.typed = b"r" in attributes
        return self.status
