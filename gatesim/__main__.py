"""Run the command line as ``python -m gatesim``."""

from gatesim.cli.main import main

if __name__ == "__main__":
    main()
