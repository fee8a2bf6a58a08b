"""conform: recordings of real kernels, checked against the model's own arithmetic.

    recordings/ -> ftrace -> judge (with conservation and deferred) -> verdicts -> report

``check()`` and ``render()`` of conformance.py are what the command line calls.
"""
