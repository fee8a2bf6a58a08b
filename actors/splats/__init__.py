"""Splats: what a kernel says of a broken law, one file for each of its voices."""
