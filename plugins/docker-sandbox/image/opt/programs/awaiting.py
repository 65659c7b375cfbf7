"""A program that awaits at its top level, which Python itself refuses. Started by `python.py`."""

from program import Program

Program(globals()).run()
