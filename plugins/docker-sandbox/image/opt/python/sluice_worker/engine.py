"""Whether the shell ran a cell: code may replace anything of it, by what raises or by what does nothing."""

#: What nobody replaces but to do harm. Who wraps `run_cell` is heard, as in a notebook, and judged by what comes of it.
NAMES = ("_run_cell", "run_cell_async", "transform_cell", "transform_ast", "should_run_async", "run_ast_nodes", "run_code")
#: Those as they were before any code.
kept = []
owner = None
#: Whether the present cell was compiled.
reached = False
#: Cells in a row that were not run.
unheard = 0


def keep(shell):
    global owner
    owner = shell
    kept[:] = [(name, getattr(shell, name)) for name in NAMES if hasattr(shell, name)]


def mend(shell):
    """Before a cell: what runs it is what it was."""
    global reached
    reached = False
    own = vars(shell)
    for name, function in kept:
        own.pop(name, None)
        if getattr(owner, name, None) is not function:
            setattr(owner, name, function)


def judge(error, counted):
    """After a cell: raises where not the cell failed, but what runs it. Silence is no success."""
    global unheard
    if isinstance(error, Exception) and not counted:
        # IPython did not get as far as counting it.
        raise error
    unheard = 0 if counted or reached else unheard + 1
    # An interrupt may come before a cell is run, and not before each.
    if unheard > 1 or (unheard and not isinstance(error, KeyboardInterrupt)):
        raise RuntimeError("the shell returned without running the cell")
