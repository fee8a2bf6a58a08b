"""What all tests share: pytest's own laboratory, for the plug-in."""

pytest_plugins = "pytester"
