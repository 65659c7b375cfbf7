"""A step of the image's build: finds out whether IPython's shell can run cells here, and writes it down."""

import os
import sys

sys.path[0] = __file__.rpartition("/")[0]
name = "python"
try:
    from sluice_worker.shell import Shell, build

    build(type(os)("__main__"))
    name = Shell.name
except Exception as error:
    print("sluice: cells of Python get no magics and no displays of IPython: %s" % (error or type(error).__name__))
with open(sys.path[0] + "/shell", "w") as file:
    file.write(name)
