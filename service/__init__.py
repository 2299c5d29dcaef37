"""The shell: how Vidare is asked (CDS Hooks over HTTP, command line) and how it answers."""

__version__ = "0.1.0"
