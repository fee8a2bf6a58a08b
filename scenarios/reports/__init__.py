"""Reports: what a campaign or a search left in a directory, as pages that a browser opens.

``record`` is what `run` and `explore` leave beside their schedules; ``folder`` reads a directory,
``failures`` replays what is in it, ``document`` puts all of it together as plain data, and the
``..._page`` files say it in HTML. They read; they search for nothing.
"""
