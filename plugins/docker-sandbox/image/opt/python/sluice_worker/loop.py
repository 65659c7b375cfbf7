"""One asyncio loop for all cells of a session: tasks go on while a cell awaits, and between two cells."""

import _signal as signal
import asyncio
import posix
import selectors
import threading
from asyncio import base_events, events

#: Code that waits; an interrupt that finds it cancels the cell.
WAITING = (selectors.__file__, base_events.__file__, events.__file__)
MOST_STEPS = 20


def complete(loop, task):
    """The code may stop the loop, which is its session's."""
    while True:
        try:
            return loop.run_until_complete(task)
        except RuntimeError as error:
            if task.done() or "stopped before" not in str(error):
                raise


class Loop:
    def __init__(self):
        self.loop = None
        #: Whether a cell runs, whose code may make tasks without awaiting.
        self.active = False
        #: Whether it goes on between two cells.
        self.waiting = False
        #: What ended the loop from outside of the cell's own task.
        self.foreign = None
        self.thread = threading.get_ident()

    def __str__(self):
        return "asyncio"

    def get(self):
        """Open and working, whatever the code did to it."""
        if not self.usable():
            self.loop = asyncio.new_event_loop()
        return self.loop

    def usable(self):
        if self.loop is None or self.loop.is_closed():
            return False
        try:
            posix.fstat(self.loop._selector.fileno())
        except AttributeError:
            # The code has chosen another kind of loop.
            return True
        except (OSError, ValueError):
            return False
        return True

    def idle(self):
        """Whether no task of it can take a step until a cell, or a thread of one, calls it."""
        loop = self.loop
        try:
            # The one descriptor is its own, by which threads call it.
            return not loop._ready and not loop._scheduled and len(loop._selector.get_map()) == 1
        except (AttributeError, TypeError):
            # Another kind of loop, or one that was closed.
            return False

    def begin_cell(self):
        """`asyncio.get_event_loop()` answers too, although `asyncio.run` took its loop away."""
        self.active = True
        self.foreign = None
        try:
            asyncio.set_event_loop(self.get())
        except Exception:
            # No descriptor is left, or the code has a policy that has none; code that awaits will be told.
            pass

    def __call__(self, coroutine):
        """Runs a cell that awaits."""
        loop = self.get()
        task = loop.create_task(coroutine)
        handler = signal.getsignal(signal.SIGINT)
        ours = handler is signal.default_int_handler
        if ours:
            signal.signal(signal.SIGINT, lambda number, frame: self.interrupted(task, frame))
        try:
            return complete(loop, task)
        except (KeyboardInterrupt, SystemExit) as error:
            # Another task raised it. The cell's own ends in order: it may hold what must be given back.
            self.foreign = self.foreign or error
            if task.done():
                raise
            task.cancel()
            return complete(loop, task)
        finally:
            if ours:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(self, task, frame):
        if frame is not None and frame.f_code.co_filename in WAITING and self.foreign is None:
            self.foreign = KeyboardInterrupt()
            # In this way it wakes a loop that has begun to wait.
            task.get_loop().call_soon_threadsafe(task.cancel)
        else:
            raise KeyboardInterrupt

    def settle(self):
        """At the end of a cell: the tasks it made take their first steps."""
        self.active = False
        loop = self.loop
        if self.idle() or not self.usable() or not asyncio.all_tasks(loop):
            return
        for _ in range(MOST_STEPS):
            loop.call_soon(loop.stop)
            loop.run_forever()
            if not getattr(loop, "_ready", None):
                return

    def wait(self, descriptor):
        """Between two cells: tasks, timers and servers go on until there is something to read."""
        loop = self.loop
        if self.idle() or not self.usable():
            return
        try:
            loop.add_reader(descriptor, loop.stop)
        except Exception:
            return
        self.waiting = True
        while True:
            try:
                loop.run_forever()
                break
            except (KeyboardInterrupt, SystemExit):
                # The end of one task; the others go on.
                continue
            except Exception:
                break
        self.waiting = False
        try:
            loop.remove_reader(descriptor)
        except Exception:
            pass

    def wake(self):
        """From another thread: the next cell is there already."""
        if self.usable():
            self.loop.call_soon_threadsafe(self.stop_waiting)

    def stop_waiting(self):
        if self.waiting:
            self.loop.stop()

    def fit(self):
        """`asyncio.create_task` works at the top level of a cell, and `asyncio.run` goes on to work there."""
        running = events._get_running_loop

        def get_running_loop():
            loop = running()
            if loop is None and self.active and threading.get_ident() == self.thread:
                loop = self.get()
            if loop is None:
                raise RuntimeError("no running event loop")
            return loop

        events.get_running_loop = asyncio.get_running_loop = get_running_loop
