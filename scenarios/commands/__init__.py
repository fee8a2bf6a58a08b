"""The commands of `slabrace`, one file each."""
