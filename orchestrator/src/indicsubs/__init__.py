"""The command line, planning and running: everything of indicsubs that is not a stage."""
