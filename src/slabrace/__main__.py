"""`python -m slabrace` is the `slabrace` command."""

import sys

from slabrace.scenarios.cli import main

if __name__ == "__main__":
    sys.exit(main())
