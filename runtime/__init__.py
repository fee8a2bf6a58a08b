"""The machine that runs actors and decides which message is delivered next."""
