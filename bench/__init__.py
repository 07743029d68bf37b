"""The benchmarks behind `bin/bench`: figures as JSON lines, each beside its yardstick, measured in the same run."""
