"""Benchmarks, compared in one run: `make bench`.

Ratios, never milliseconds, are what counts: both sides of a comparison take turns on the same
machine within the same minute, and the median of the rounds is taken.
"""

from bench import fetching, hook_call

if __name__ == "__main__":
    fetching.main()
    hook_call.main()
