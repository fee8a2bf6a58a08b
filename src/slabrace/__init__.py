"""slabrace: a race laboratory for the kernel's slab shrinker."""

__version__ = "0.1.0"
