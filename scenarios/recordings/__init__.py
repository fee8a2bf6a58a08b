"""recordings: what real kernels wrote down, read by whoever asks.

    file -> source -> line -> shrinks, fields -> conform (judges), importer (tells)

Two commands read the same text: `conform` checks the shrinker's arithmetic in it, `import` turns
all of it into a structured log. What a line is must not depend on who asks, so it is said here,
once. This room reads; it must not judge.
"""
