"""Strategies: one file each, all under the protocol of ``strategy.py``."""
