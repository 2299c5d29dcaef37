"""Benchmarks, compared in one run: `make bench`.

Ratios, never milliseconds, are what counts: both sides of a comparison take turns on the same
machine within the same minute, and the median of the rounds is taken.
"""

import sys

from bench import fetching, hook_call, journal

if __name__ == "__main__":
    fetching.main()
    within = journal.main()
    hook_call.main()
    sys.exit(not within)
