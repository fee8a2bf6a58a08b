"""The stories: each scenario populates a world and carries its verdict."""
