"""`python3 FILE ARGS`, with the value of a last expression told and `await` at the top level. Started by process 1."""

from program import Program

Program(globals()).run()
