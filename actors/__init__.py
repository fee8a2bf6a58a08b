"""The kernel, as actors: memcgs, shrinkers, locks, RCU and the CPUs that race on them."""
