"""Suspects: places in today's code that look wrong and that nobody has confirmed upstream.

What is found here is a finding in a model. To show it on a kernel takes a kernel.
"""
