"""Exporters that speak kernel: its tracepoints, in the forms in which it records them itself.

The protocol is that of the exporters of the runtime: ``write(run, legend, out)`` answers remarks.
"""
