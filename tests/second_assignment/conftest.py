"""Its checks are run by the kit, not by this run of pytest."""

collect_ignore = ["checks"]
